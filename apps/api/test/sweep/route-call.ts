import type { Server } from '../drills/machine.js';
import type { DocumentedOperation } from './documented-operations.js';
import type { CaseRequest } from './route-case.js';

export interface Answer {
  status: number;
  /** The code of a refusal. */
  code: string | undefined;
  text: string;
}

/** The request of a case, or one with a raw body. */
export type SentRequest = Omit<CaseRequest, 'body'> & { body?: object | string | undefined };

/** Sends a case's request with the given token. */
export async function callOperation(
  server: Server,
  operation: DocumentedOperation,
  { params = {}, query = '', body, headers }: SentRequest,
  bearer: string | undefined,
): Promise<Answer> {
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
  const response = await fetch(`${server.baseUrl}${path}${query}`, {
    method: operation.method,
    redirect: 'manual',
    headers: {
      ...headers,
      ...(body ? { 'content-type': 'application/json' } : {}),
      ...(bearer ? { authorization: `Bearer ${bearer}` } : {}),
    },
    ...(body ? { body: typeof body === 'string' ? body : JSON.stringify(body) } : {}),
  });
  if (response.headers.get('content-type') === 'text/event-stream') {
    await response.body!.cancel(); // an endless stream
    return { status: response.status, code: undefined, text: '' };
  }
  const text = await response.text();
  const code = response.status >= 400 ? (JSON.parse(text) as { code: string }).code : undefined;
  return { status: response.status, code, text };
}
