import { project } from '../../.config/vitest.ts';

// Processes are started from the build, which must be of the sources under test.
export default project({ globalSetup: './test/build-package.ts', testTimeout: 30_000, hookTimeout: 30_000 });
