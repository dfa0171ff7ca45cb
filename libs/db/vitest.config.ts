import { project } from '../../.config/vitest.ts';

export default project({
  globalSetup: '@coditect/local-stack/test-setup',
  isolate: false, // the Prisma client takes longer to load than most of these files to run
  setupFiles: '../../.config/seed.ts',
});
