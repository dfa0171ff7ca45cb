export interface ServerAnswer {
  status: number;
  /** An object is sent as JSON, a string unchanged. */
  body?: object | string;
  headers?: Record<string, string>;
}

/** A refusal in the form of the API (RFC 9457). */
export function problem(
  status: number,
  code: string,
  members: object = {},
  headers?: Record<string, string>,
): ServerAnswer {
  const body = {
    type: `/docs/errors/${code}`,
    title: `About ${code}`,
    status,
    code,
    request_id: 'request-1',
    ...members,
  };
  return { status, body, ...(headers && { headers }) };
}
