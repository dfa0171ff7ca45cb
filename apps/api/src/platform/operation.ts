import { applyDecorators, HttpCode, SerializeOptions, SetMetadata } from '@nestjs/common';
import type { ProblemCode } from '@coditect/contracts/problem';
import type { z } from 'zod';

export interface OperationOptions {
  /** One line, as a heading of the API's documentation. */
  summary: string;
  description?: string;
  /** The answer when it worked; 200 unless said. Several, where the operation tells new from already there. */
  status?: number | readonly number[];
  /** What is answered. Unknown fields are cut, a wrong shape is our bug and answers 500. None: no content. */
  response?: z.ZodType;
  /** What it is answered as, when that is not JSON. */
  contentType?: string;
  /** The refusals of this operation, besides those that every operation of its kind has. */
  problems?: readonly ProblemCode[];
  /** Takes an `Idempotency-Key`: set on every POST that creates something. */
  idempotent?: boolean;
  /** Carries an `ETag` and takes `If-Match` on changes: its response has a `version`. */
  versioned?: boolean;
}

export const OPERATION = 'operation';

/** What a route is: its documentation, its status and the schema its answer is held to. The OpenAPI document is made of
 *  these; a route without one fails the tests. */
export function Operation(options: OperationOptions): MethodDecorator {
  const { status = options.response || options.contentType ? 200 : 204, response } = options;
  return applyDecorators(
    SetMetadata(OPERATION, options),
    ...(typeof status === 'number' ? [HttpCode(status)] : []),
    ...(response ? [SerializeOptions({ schema: response })] : []),
  );
}
