import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { isFull, project } from '../../.config/vitest.ts';

const drills = 'test/drills/**/*.spec.ts';

/** Spec files that start neither processes nor an application, a database or a Redis of their own. */
function quickSpecs(): string[] {
  const ofItsOwn = /TestApp\.start|startStack|startRedis|ApiProcess|child_process|isFull/;
  return ['src', 'test']
    .flatMap((dir) => readdirSync(dir, { recursive: true, encoding: 'utf8' }).map((file) => path.join(dir, file)))
    .filter((file) => file.endsWith('.spec.ts') && !ofItsOwn.test(readFileSync(file, 'utf8')));
}

export default project({
  include: [], // the lists of the projects are added to this one
  globalSetup: ['../../libs/local-stack/src/test-setup.ts', 'test/keys-setup.ts'],
  setupFiles: ['test/setup.ts', '../../.config/seed.ts'],
  runner: 'test/runner.ts',
  // The lines that tests reach in this process, without those of child processes.
  coverage: {
    enabled: isFull,
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
    // Of those in "api", what `npm run test:quick` runs.
    { extends: true, test: { name: 'quick', include: quickSpecs(), exclude: [drills], sequence: { groupOrder: 2 } } },
    // The drills mostly wait for leases and for processes to die, so `npm test` runs them beside the other project. A
    // worker that alternates between projects starts anew each time. So if one run has both, the drills come last.
    { extends: true, test: { name: 'drills', include: [drills], sequence: { groupOrder: 1 } } },
  ],
});
