import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Reporter, TestModule, Vitest } from 'vitest/node';

/** What one file cost, in milliseconds. */
interface FileTiming {
  file: string;
  /** Loading the file and what it imports. */
  load: number;
  /** Hooks around the tests. */
  setUp: number;
  tests: number;
}

/** Writes a file beside the JSON report with the time that passes before the tests, which that report leaves out.
 *  `.ci/slow-tests.mjs` prints it. Prints the seed at the start of the run, and again after a failure. */
export class Timings implements Reporter {
  private vitest: Vitest | undefined;

  constructor(private readonly seed: string) {}

  onInit(vitest: Vitest): void {
    this.vitest = vitest;
    vitest.logger.log(`TEST_SEED=${this.seed}`);
  }

  onTestRunEnd(modules: readonly TestModule[], _errors: unknown, reason: string): void {
    const { logger, config } = this.vitest!;
    if (reason === 'failed') logger.log(`TEST_SEED=${this.seed} repeats the random inputs of this run.`);
    const report = typeof config.outputFile === 'object' ? config.outputFile['json'] : undefined;
    if (!report) return;
    const file = path.resolve(config.root, report.replace(/\.json$/, '.timings.json'));
    // Reporters run at once: the JSON report may not have made the folder yet.
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(modules.map(timingOf)));
  }
}

function timingOf(module: TestModule): FileTiming {
  const { duration, collectDuration, setupDuration, prepareDuration, environmentSetupDuration } = module.diagnostic();
  let tests = 0;
  for (const test of module.children.allTests()) tests += test.diagnostic()?.duration ?? 0;
  return {
    file: module.moduleId,
    load: collectDuration + setupDuration + prepareDuration + environmentSetupDuration,
    // Tests that run at once add up to more than their file took.
    setUp: Math.max(0, duration - tests),
    tests,
  };
}
