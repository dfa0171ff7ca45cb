import { project } from '../../.config/vitest.ts';

export default project({ testTimeout: 60_000, hookTimeout: 60_000 });
