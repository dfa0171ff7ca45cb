import { project } from '../../.config/vitest.ts';

export default project({ globalSetup: '@coditect/local-stack/test-setup' });
