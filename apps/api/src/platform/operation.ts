import { applyDecorators, HttpCode, SerializeOptions, SetMetadata } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import type { ProblemCode } from '@coditect/contracts/problem';
import type { z } from 'zod';

export interface OperationOptions {
  /** One line, shown as a heading in the API documentation. */
  summary: string;
  description?: string;
  /** Success status, by default 200 (204 without a response). Several, if the operation tells "created" from
   *  "already there". */
  status?: number | readonly number[];
  /** Schema of the response. Unknown fields are cut. A wrong shape is our bug and gives 500. Omitted: no content. */
  response?: z.ZodType;
  /** Content type of the response, if it is not JSON. */
  contentType?: string;
  /** Refusals of this operation, besides those that every operation of its kind has. */
  problems?: readonly ProblemCode[];
  /** Takes an `Idempotency-Key`. Required for every POST that creates something; the work must run in a `tenantTx`. */
  idempotent?: boolean;
  /** Allows this change in a closed or suspended tenant. Reading is always allowed there. */
  allowedWhenClosed?: boolean;
  /** Sends an `ETag`, and takes `If-Match` on changes. The response must have a `version`. */
  versioned?: boolean;
  /** Where to read the created object, below the base path, with members of the response: `projects/:id`. */
  location?: string;
}

export const OPERATION = 'operation';

/** Returns the success statuses of an operation. The first is the usual one. */
export function successStatuses({ status, response, contentType }: OperationOptions): readonly number[] {
  if (status === undefined) return [response || contentType ? 200 : 204];
  return typeof status === 'number' ? [status] : status;
}

/** Whether a response with this status has a `Location` header. */
export function tellsLocation(status: number): boolean {
  return status === 201 || status === 202;
}

/** Whether the operation changes an existing versioned object, and so takes `If-Match`. */
export function takesIfMatch(method: string, options: OperationOptions): boolean {
  return options.versioned === true && method !== 'GET' && !successStatuses(options).includes(201);
}

/** Describes a route: documentation, status, and the schema that its response must match. The OpenAPI document is
 *  built from these descriptions. A route without one fails the tests. */
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
