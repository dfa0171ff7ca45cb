import { applyDecorators, Controller, StandardSchemaSerializerInterceptor, UseInterceptors } from '@nestjs/common';
import { IdempotencyInterceptor } from '../idempotency/idempotency.interceptor.js';
import { LocationInterceptor } from './location.interceptor.js';
import { VersionsInterceptor } from '../versions/versions.interceptor.js';

/**
 * A controller whose responses must match the schema that each route names by `@SerializeOptions`. Unknown fields are
 * cut. A wrong shape is our bug and gives 500. The interceptors, outermost first: idempotency (its stored answers
 * already have their ETag and Location), versions, location.
 */
export const ApiController = (path = '') =>
  applyDecorators(
    Controller(path),
    UseInterceptors(
      IdempotencyInterceptor,
      VersionsInterceptor,
      LocationInterceptor,
      StandardSchemaSerializerInterceptor,
    ),
  );
