import tailwindcss from '@tailwindcss/vite';
import { tanstackRouter } from '@tanstack/router-plugin/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { compression } from 'vite-plugin-compression2';

const api = process.env['API_URL'] ?? 'http://127.0.0.1:3000';

export default defineConfig({
  plugins: [tanstackRouter({ target: 'react', autoCodeSplitting: true }), react(), tailwindcss(), compression()],
  resolve: {
    dedupe: ['react', 'react-dom'],
    conditions: ['@coditect/source', 'module', 'browser', 'development|production'],
  },
  // The server writes a new one into each answer (server/pages.ts).
  html: { cspNonce: '__CSP_NONCE__' },
  server: { host: '127.0.0.1', port: 5173, proxy: { '/api': api, '/.well-known': api, '/docs': api } },
  build: { target: 'es2022', sourcemap: true, modulePreload: { polyfill: false } },
});
