import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** The HTTP application, for providers that describe all of its routes. `createHttpApp` sets it before modules
 *  start. */
export class ApplicationRef {
  private application: NestFastifyApplication | undefined;

  set(application: NestFastifyApplication): void {
    this.application = application;
  }

  /** @throws Error before the application has been created */
  get(): NestFastifyApplication {
    if (!this.application) throw new Error('The HTTP application has not been created yet.');
    return this.application;
  }
}
