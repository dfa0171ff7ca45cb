import { TestRunner } from 'vitest';
import { closeSharedApp } from './shared-app.js';

/** vitest's own runner. At the end of a worker it closes what the files have shared. A runner is made for each file. */
export default class extends TestRunner {
  constructor(config: ConstructorParameters<typeof TestRunner>[0]) {
    super(config);
    this.onCleanupWorkerContext(closeSharedApp);
  }
}
