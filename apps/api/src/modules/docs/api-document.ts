import { Injectable } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import { Config } from '#config/config';
import { ApplicationRef } from '#platform/http/application-ref';
import { openApiDocument } from './openapi.js';

/** The OpenAPI document of the running application. */
@Injectable()
export class ApiDocument {
  private document: OpenAPIObject | undefined;

  constructor(
    private readonly application: ApplicationRef,
    private readonly config: Config,
  ) {}

  /** Returns the document. The first call makes it, after all modules have registered their routes. */
  get(): OpenAPIObject {
    return (this.document ??= openApiDocument(this.application.get(), this.config.publicUrl));
  }
}
