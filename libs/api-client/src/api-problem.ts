export interface FieldProblem {
  path: string;
  message: string;
  code: string;
}

/** A refusal by the API: RFC 9457 with a stable `code`. Programs can switch on it. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';

  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    /** The id that support asks for. */
    readonly requestId: string | undefined,
    /** Invalid fields by path: `name`, `invitations.0.email`. */
    readonly errors: readonly FieldProblem[],
    /** Seconds after which to try again. */
    readonly retryAfterSeconds: number | undefined,
    /** The whole body. Some codes have more members. */
    readonly body: Readonly<Record<string, unknown>>,
  ) {
    super(typeof body['detail'] === 'string' ? body['detail'] : title);
  }
}

/** Turns an answer into the refusal it states. Also covers answers that a proxy sent instead of the API. */
export function problemOf(response: Response, error: unknown): ApiProblem {
  const body = isObject(error) ? error : {};
  const text = (name: string) => (typeof body[name] === 'string' ? body[name] : undefined);
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new ApiProblem(
    response.status,
    text('code') ?? 'unexpected_answer',
    text('title') ?? `The server answered ${response.status}`,
    text('request_id') ?? response.headers.get('x-request-id') ?? undefined,
    Array.isArray(body['errors']) ? body['errors'].filter(isFieldProblem) : [],
    Number.isFinite(seconds) ? seconds : undefined,
    body,
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isFieldProblem(value: unknown): value is FieldProblem {
  return isObject(value) && ['path', 'message', 'code'].every((name) => typeof value[name] === 'string');
}
