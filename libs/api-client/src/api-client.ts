import createClient, { type Client, type Middleware } from 'openapi-fetch';
import { problemOf } from './api-problem.js';
import type { paths } from './generated/api.js';

export interface ApiClientOptions {
  /** Where the API is: `https://licenses.example.com`. */
  baseUrl: string;
  /** The bearer token of each request: an API key, or the current access token. */
  token?: () => string | undefined;
  /** Called once when a request is answered 401. It gets a new access token; on `true` the request is sent again. */
  refresh?: () => Promise<boolean>;
  /** `include` also sends the cookies of the API's origin. */
  credentials?: 'include' | 'same-origin' | 'omit';
  fetch?: typeof globalThis.fetch;
}

export type ApiClient = Client<paths>;

/** A client with every operation, typed by the OpenAPI document. `answerOf` unwraps the `data` of an answer. */
export function createApiClient({ baseUrl, token, refresh, credentials, ...rest }: ApiClientOptions): ApiClient {
  // Looked up at each call, so that a fetch that is replaced later (by a test or a tracer) is used.
  const send: typeof globalThis.fetch = (...request) => (rest.fetch ?? globalThis.fetch)(...request);
  const authorize = (request: Request): Request => {
    const bearer = token?.();
    if (bearer) request.headers.set('authorization', `Bearer ${bearer}`);
    return request;
  };
  const client = createClient<paths>({
    baseUrl,
    ...(credentials ? { credentials } : {}),
    fetch: async (request) => {
      const again = refresh ? request.clone() : undefined; // a body can be read only once
      const response = await send(authorize(request));
      if (!again || !refresh || !(await hasEnded(response)) || !(await refresh())) return response;
      await response.body?.cancel();
      return send(authorize(again));
    },
  });
  client.use(JSON_ONLY);
  return client;
}

/** Whether the access token has ended. A wrong password is a 401 too; sending it again would count as another attempt. */
async function hasEnded(response: Response): Promise<boolean> {
  if (response.status !== 401) return false;
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => undefined);
  return problemOf(response, body).code === 'invalid_token';
}

const JSON_ONLY: Middleware = {
  onRequest({ request }) {
    if (!request.headers.has('accept')) request.headers.set('accept', 'application/json, application/problem+json');
    return request;
  },
};

/** Returns the data that an operation answered.
 *  @throws ApiProblem when the API refused, or when the answer did not come from the API */
export async function answerOf<Data>(
  call: Promise<{ data?: Data; error?: unknown; response: Response }>,
): Promise<Data> {
  const { data, error, response } = await call;
  if (!response.ok) throw problemOf(response, error);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only operations without content answer no data
  return data as Data;
}

interface Page<Item> {
  next: string | null;
  results: Item[];
}

/** Yields every item of a list. A page is requested when its first item is needed.
 *  @param page reads the page at an offset */
export async function* everyItem<Item>(page: (offset: number) => Promise<Page<Item>>): AsyncGenerator<Item, void> {
  for (let offset = 0; ;) {
    const { results, next } = await page(offset);
    yield* results;
    if (next === null || results.length === 0) return;
    offset += results.length;
  }
}
