import tailwindcss from '@tailwindcss/vite';
import { tanstackRouter } from '@tanstack/router-plugin/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { compression } from 'vite-plugin-compression2';

const api = process.env['API_URL'] ?? 'http://127.0.0.1:3000';

/** Modules that the public and the signed-in pages share. */
const PUBLIC =
  /src\/(features\/sign-in\/(public|sign-in|provider|password-e|signed)|ui\/(input|field|notice|password-input)|shell\/(logo|site|footer|preferences|page)\.|session\/(api|use-request|try-again)|i18n\/format)/;
const FRAME =
  /src\/(shell\/(app-frame|header|navigation|pages|user-menu)|live|ui\/(card|badge|menu|dialog|copy-b|meter|sort|table|return|confirm))|@tanstack\/(react-query|query-core)/;

export default defineConfig({
  plugins: [tanstackRouter({ target: 'react', autoCodeSplitting: true }), react(), tailwindcss(), compression()],
  resolve: {
    tsconfigPaths: true,
    dedupe: ['react', 'react-dom'],
    conditions: ['@coditect/source', 'module', 'browser', 'development|production'],
  },
  // The server replaces it with a new nonce in each response (server/pages.ts).
  html: { cspNonce: '__CSP_NONCE__' },
  server: { host: '127.0.0.1', port: 5173, proxy: { '/api': api, '/.well-known': api, '/docs': api } },
  build: {
    target: 'es2022',
    sourcemap: true,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // A few files compress better and load faster than dozens of small ones. Libraries change rarely, so their file
        // stays cached.
        codeSplitting: {
          groups: [
            { name: 'vendor', test: /node_modules/, tags: ['$initial'], priority: 2 },
            { name: 'start', tags: ['$initial'], priority: 1 },
            { name: 'public', test: PUBLIC },
            { name: 'frame', test: FRAME },
          ],
        },
      },
    },
  },
});
