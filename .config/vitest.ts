import { defineConfig, type ViteUserConfig } from 'vitest/config';

// Workspace packages resolve to their TypeScript source, so a test never runs against a stale build.
// Decorator metadata comes from tsconfig (experimentalDecorators + emitDecoratorMetadata): vite's oxc transform reads it.
const conditions = ['@coditect/source', 'module', 'node', 'development|production'];
// "module" is for bundlers: Node itself cannot load what some packages put there.
const nodeConditions = conditions.filter((condition) => condition !== 'module');

/** The vitest settings every project shares; `extra` is what one project adds. The JSON report is what `.ci/run` counts. */
export function project(extra: NonNullable<ViteUserConfig['test']> = {}) {
  return defineConfig({
    resolve: { conditions },
    ssr: { resolve: { conditions: nodeConditions } },
    test: {
      include: ['src/**/*.spec.ts', 'test/**/*.spec.ts'],
      reporters: ['default', 'json'],
      outputFile: { json: '.reports/vitest.json' },
      // A busy machine is slow, not wrong.
      testTimeout: 30_000,
      hookTimeout: 60_000,
      ...extra,
    },
  });
}
