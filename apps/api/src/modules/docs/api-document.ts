import { Injectable } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';

/** The OpenAPI document of the running application, made when it is first asked for. */
@Injectable()
export class ApiDocument {
  private document: OpenAPIObject | undefined;
  private make: (() => OpenAPIObject) | undefined;

  /** How to make it: only who has created the application can, after all modules are there. */
  makeBy(make: () => OpenAPIObject): void {
    this.make = make;
  }

  get(): OpenAPIObject {
    if (!this.make) throw new Error('the application has not said how its document is made');
    return (this.document ??= this.make());
  }
}
