import { project } from '../../.config/vitest.ts';

export default project({
  globalSetup: ['../../libs/local-stack/src/test-setup.ts', 'test/keys-setup.ts'],
  setupFiles: ['test/setup.ts'],
  // With `npm test`: the lines that the tests of this project reach in this process, without those of child processes.
  coverage: {
    provider: 'v8',
    include: ['src/**/*.ts'],
    exclude: ['src/**/*.spec.ts', 'src/main.ts', 'src/worker.ts'],
    reporter: ['text-summary', 'json-summary'],
    reportsDirectory: '.reports/coverage',
    thresholds: { lines: 90 },
  },
  // Files that share a process load the application once. What they share with it must be of the process, like metrics.
  isolate: false,
  maxWorkers: 2,
});
