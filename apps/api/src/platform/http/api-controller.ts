import { applyDecorators, Controller, StandardSchemaSerializerInterceptor, UseInterceptors } from '@nestjs/common';
import { IdempotencyInterceptor } from '../idempotency/idempotency.interceptor.js';
import { LocationInterceptor } from './location.interceptor.js';
import { VersionsInterceptor } from '../versions/versions.interceptor.js';

/**
 * A controller whose answers are held to the schema that each route names by `@SerializeOptions`: unknown fields are cut,
 * a wrong shape is our bug and answers 500. Around that, the first outermost: repeated requests, whose stored answers have
 * their ETag and Location already, versions, and where to read what was made.
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
