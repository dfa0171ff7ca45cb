import tailwindcss from '@tailwindcss/vite';
import { tanstackRouter } from '@tanstack/router-plugin/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { compression } from 'vite-plugin-compression2';

const api = process.env['API_URL'] ?? 'http://127.0.0.1:3000';

const VENDOR =
  /node_modules\/(react|react-dom|scheduler|i18next|react-i18next|i18next-resources-to-backend|use-sync-external-store|openapi-fetch|clsx|tailwind-merge|class-variance-authority|@tanstack\/(query-core|react-query|router-core|react-router|history|store|react-store))\//;

export default defineConfig({
  plugins: [tanstackRouter({ target: 'react', autoCodeSplitting: true }), react(), tailwindcss(), compression()],
  resolve: {
    dedupe: ['react', 'react-dom'],
    conditions: ['@coditect/source', 'module', 'browser', 'development|production'],
  },
  // The server writes a new one into each answer (server/pages.ts).
  html: { cspNonce: '__CSP_NONCE__' },
  server: { host: '127.0.0.1', port: 5173, proxy: { '/api': api, '/.well-known': api, '/docs': api } },
  build: {
    target: 'es2022',
    sourcemap: true,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // What every page needs, in one file: it compresses better than a dozen small ones.
        codeSplitting: { groups: [{ name: 'vendor', test: VENDOR }] },
      },
    },
  },
});
