import { applyDecorators, Controller, StandardSchemaSerializerInterceptor, UseInterceptors } from '@nestjs/common';

/**
 * A controller whose answers are held to the schema that each route names by `@SerializeOptions`: unknown fields are cut,
 * a wrong shape is our bug and answers 500.
 */
export const ApiController = (path = '') =>
  applyDecorators(Controller(path), UseInterceptors(StandardSchemaSerializerInterceptor));
