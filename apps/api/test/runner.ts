import { TestRunner } from 'vitest';
import { closeSharedApp } from './shared-app.js';

/** vitest's own runner, which closes at the end of a worker what its files have shared. One is made for each file. */
export default class extends TestRunner {
  constructor(config: ConstructorParameters<typeof TestRunner>[0]) {
    super(config);
    this.onCleanupWorkerContext(closeSharedApp);
  }
}
