import { project } from '../../.config/vitest.ts';

const drills = 'test/drills/**/*.spec.ts';

export default project({
  include: [], // what a project adds is added to what all have
  globalSetup: ['../../libs/local-stack/src/test-setup.ts', 'test/keys-setup.ts'],
  setupFiles: ['test/setup.ts', '../../.config/seed.ts'],
  runner: 'test/runner.ts',
  // With `npm run test:full`: the lines that the tests of this project reach in this process, without those of child
  // processes.
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
  projects: [
    { extends: true, test: { name: 'api', include: ['src/**/*.spec.ts', 'test/**/*.spec.ts'], exclude: [drills] } },
    // Mostly waits, for leases and for processes to die: `npm test` runs it beside the other. A worker that alternates
    // between projects starts anew each time, so within one run the drills come last.
    { extends: true, test: { name: 'drills', include: [drills], sequence: { groupOrder: 1 } } },
  ],
});
