import { project } from '../../.config/vitest.ts';

export default project({ setupFiles: '../../.config/seed.ts' });
