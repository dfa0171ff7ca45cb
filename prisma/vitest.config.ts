import { project } from '../.config/vitest.ts';

// Each test runs the Prisma CLI several times, at one or two seconds each on an idle machine.
export default project({ globalSetup: '@coditect/local-stack/test-setup', testTimeout: 60_000, maxConcurrency: 2 });
