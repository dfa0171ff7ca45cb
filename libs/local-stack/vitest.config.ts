import { project } from '../../.config/vitest.ts';

export default project({ globalSetup: './src/test-setup.ts' });
