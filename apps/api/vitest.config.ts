import { project } from '../../.config/vitest.ts';

export default project({
  globalSetup: ['../../libs/local-stack/src/test-setup.ts', 'test/keys-setup.ts'],
  setupFiles: ['test/setup.ts'],
  testTimeout: 30_000,
  hookTimeout: 60_000,
});
