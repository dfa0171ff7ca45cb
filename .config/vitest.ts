import { randomInt } from 'node:crypto';
import { defineConfig, type ViteUserConfig } from 'vitest/config';
import { Timings } from './timings.ts';

type TestSettings = NonNullable<ViteUserConfig['test']>;

// Workspace packages resolve to their TypeScript source, so a test never runs against a stale build.
// Decorator metadata comes from tsconfig (experimentalDecorators + emitDecoratorMetadata): vite's oxc transform reads it.
const conditions = ['@coditect/source', 'module', 'node', 'development|production'];
// "module" is for bundlers: Node itself cannot load what some packages put there.
const nodeConditions = conditions.filter((condition) => condition !== 'module');

/** True in `npm run test:full`: coverage, every story in every browser, and minutes of tests with random inputs. */
export const isFull = Boolean(process.env['TEST_FULL']);

/** Random inputs are new in every run. TEST_SEED repeats those of an earlier run. fast-check takes signed 32-bit
 *  integers. */
const seed = process.env['TEST_SEED'] || String(randomInt(2 ** 31));

/** The settings that all vitest runs share: its reports, which `.ci/run` counts, its seed, and how long a poll
 *  waits. */
export function reporting() {
  return {
    reporters: ['default', 'json', new Timings(seed)],
    outputFile: { json: '.reports/vitest.json' },
    env: { TEST_SEED: seed },
    // How long `expect.poll` waits, in ms: a busy machine is slow, not wrong. The default is one second.
    expect: { poll: { timeout: 10_000 } },
  } satisfies TestSettings;
}

/** The vitest settings every project shares; `extra` is what one project adds. */
export function project(extra: TestSettings = {}) {
  return defineConfig({
    resolve: { conditions },
    ssr: { resolve: { conditions: nodeConditions } },
    // Where a `globalSetup` is loaded.
    environments: { __vitest__: { resolve: { conditions: nodeConditions } } },
    test: {
      include: ['src/**/*.spec.ts', 'test/**/*.spec.ts'],
      // A snapshot that is missing is a failure, not a new one.
      update: 'none',
      // A busy machine is slow, not wrong.
      testTimeout: 30_000,
      hookTimeout: 60_000,
      ...reporting(),
      ...extra,
    },
  });
}
