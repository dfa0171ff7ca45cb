import { defineConfig, mergeConfig } from 'vitest/config';
import { isFull, reporting } from '../../.config/vitest.ts';
import vite from './vite.config.ts';

export default mergeConfig(
  vite,
  defineConfig({
    test: {
      include: ['src/**/*.spec.{ts,tsx}', 'server/**/*.spec.ts', 'e2e/**/*.spec.ts'],
      environment: 'jsdom',
      setupFiles: ['test/setup.ts'],
      ...reporting(),
      // Files that share a process load the pages once. What a module keeps, test/setup.ts resets after each test.
      isolate: false,
      // Code that only runs in a browser (canvas, layout) is covered by e2e/.
      coverage: {
        enabled: isFull,
        provider: 'v8',
        include: ['src/**/*.{ts,tsx}', 'server/**/*.ts'],
        exclude: ['src/**/*.spec.*', 'src/routeTree.gen.ts', 'src/main.tsx', 'server/main.ts'],
        reporter: ['text-summary', 'json-summary'],
        reportsDirectory: '.reports/coverage',
        thresholds: { lines: 80 },
      },
      maxWorkers: 2,
      testTimeout: 20_000,
    },
  }),
);
