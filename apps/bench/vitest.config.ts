import { project } from '../../.config/vitest.ts';

export default project({
  globalSetup: '../../libs/local-stack/src/test-setup.ts',
  testTimeout: 120_000,
});
