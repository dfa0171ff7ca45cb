import { problemCodes, type ProblemCode } from '@coditect/contracts/problem';

export interface ProblemOptions {
  /** What the reader can do about it. Never holds a secret. */
  detail?: string;
  errors?: { path: string; message: string; code: string }[];
  /** Further members of the body (RFC 9457, section 3.2). */
  members?: Record<string, unknown>;
  headers?: Record<string, string>;
  cause?: unknown;
}

/** A refusal with a stable code. The filter turns it into `application/problem+json`. */
export class ProblemError extends Error {
  readonly status: number;

  constructor(
    readonly code: ProblemCode,
    readonly options: ProblemOptions = {},
  ) {
    super(options.detail ?? problemCodes[code].title, { cause: options.cause });
    this.status = problemCodes[code].status;
  }
}

/** 503 with `Retry-After`. Throw it only if nothing of the request has been done.
 *  @param retryAfterSeconds for the Retry-After header */
export function temporarilyUnavailable(detail: string, retryAfterSeconds: number, cause?: unknown): ProblemError {
  return new ProblemError('temporarily_unavailable', {
    detail,
    headers: { 'retry-after': String(retryAfterSeconds) },
    cause,
  });
}
