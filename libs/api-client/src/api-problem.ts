export interface FieldProblem {
  path: string;
  message: string;
  code: string;
}

/** A refusal by the API: RFC 9457 with a stable `code`, to switch on. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';

  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    /** What support asks for. */
    readonly requestId: string | undefined,
    /** What is wrong, by field: `name`, `invitations.0.email`. */
    readonly errors: readonly FieldProblem[],
    /** Seconds after which to try again. */
    readonly retryAfterSeconds: number | undefined,
    /** The whole body: some codes tell more. */
    readonly body: Readonly<Record<string, unknown>>,
  ) {
    super(typeof body['detail'] === 'string' ? body['detail'] : title);
  }
}

/** The refusal that an answer is; also of one that did not come from our API but from something in front of it. */
export function problemOf(response: Response, error: unknown): ApiProblem {
  const body = isObject(error) ? error : {};
  const text = (name: string) => (typeof body[name] === 'string' ? body[name] : undefined);
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new ApiProblem(
    response.status,
    text('code') ?? 'unexpected_answer',
    text('title') ?? `The server answered ${response.status}`,
    text('request_id') ?? response.headers.get('x-request-id') ?? undefined,
    Array.isArray(body['errors']) ? (body['errors'] as FieldProblem[]) : [],
    Number.isFinite(seconds) ? seconds : undefined,
    body,
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
