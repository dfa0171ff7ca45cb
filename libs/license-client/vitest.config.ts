import { project } from '../../.config/vitest.ts';

// Tests start processes from the build, so the build must match the sources under test.
export default project({ globalSetup: './test/build-package.ts', testTimeout: 30_000, hookTimeout: 30_000 });
