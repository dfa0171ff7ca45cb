import { chmodSync } from 'node:fs';
import path from 'node:path';
import { defineConfig } from 'vite';

const out = path.join(import.meta.dirname, 'dist');

// Builds what customers install: @coditect/signed-license is bundled in, so that jose stays the only dependency.
export default defineConfig({
  resolve: { conditions: ['@coditect/source', 'module', 'node'] },
  build: {
    outDir: out,
    target: 'node20',
    minify: false,
    lib: {
      entry: Object.fromEntries(['client', 'errors', 'machine-id', 'cli'].map((name) => [name, `src/${name}.ts`])),
      formats: ['es'],
    },
    rolldownOptions: { external: [/^node:/, /^jose(\/|$)/], output: { chunkFileNames: 'chunks/[name].js' } },
  },
  plugins: [{ name: 'executable-bin', closeBundle: () => chmodSync(path.join(out, 'cli.js'), 0o755) }],
});
