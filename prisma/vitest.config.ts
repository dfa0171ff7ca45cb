import { project } from '../.config/vitest.ts';

// Each test runs the Prisma CLI several times, at a second or two each on a quiet machine.
export default project({ globalSetup: '@coditect/local-stack/test-setup', testTimeout: 60_000, maxConcurrency: 2 });
