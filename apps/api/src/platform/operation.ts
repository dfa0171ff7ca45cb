import { applyDecorators, HttpCode, SerializeOptions, SetMetadata } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
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
  /** Takes an `Idempotency-Key`: set on every POST that creates something, which it does in a `tenantTx`. */
  idempotent?: boolean;
  /** Changes something, and works in a closed or suspended tenant all the same. Reading always does. */
  allowedWhenClosed?: boolean;
  /** Carries an `ETag` and takes `If-Match` on changes: its response has a `version`. */
  versioned?: boolean;
  /** Where to read what it makes, below the base path, with members of its answer: `projects/:id`. */
  location?: string;
}

export const OPERATION = 'operation';

/** The status codes of an operation that worked; the first is the usual one. */
export function successStatuses({ status, response, contentType }: OperationOptions): readonly number[] {
  if (status === undefined) return [response || contentType ? 200 : 204];
  return typeof status === 'number' ? [status] : status;
}

/** Whether an answer with this status tells where to read what the operation makes. */
export function tellsLocation(status: number): boolean {
  return status === 201 || status === 202;
}

/** Whether an operation of a resource that has versions changes one there is, and only the one that was read. */
export function takesIfMatch(method: string, options: OperationOptions): boolean {
  return options.versioned === true && method !== 'GET' && !successStatuses(options).includes(201);
}

/** What a route is: its documentation, its status and the schema its answer is held to. The OpenAPI document is made of
 *  these; a route without one fails the tests. */
export function Operation(options: OperationOptions): MethodDecorator {
  const statuses = successStatuses(options);
  const { response } = options;
  return applyDecorators(
    SetMetadata(OPERATION, options),
    ...(statuses.length === 1 ? [HttpCode(statuses[0]!)] : []),
    ...(response ? [SerializeOptions({ schema: response })] : []),
    ...statuses.map((status) => ApiResponse({ status, ...(response ? { standardSchema: response } : {}) })),
  );
}
