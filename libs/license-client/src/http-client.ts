import { NetworkError, ProtocolError } from './errors.js';
import { errorOf } from './refusal.js';
import type { Timing } from './timing.js';

/** The part of the Fetch API that this client uses. Node's own `fetch` fits. */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchResponse>;

export interface FetchInit {
  method: string;
  headers: Record<string, string>;
  body?: string;
  signal: AbortSignal;
  redirect: 'manual';
}

export interface FetchResponse {
  status: number;
  headers: { get(name: string): string | null };
  text(): Promise<string>;
}

export interface HttpRequest {
  method: 'GET' | 'POST';
  /** Path below the base URL, without a leading slash. */
  path: string;
  body?: object;
  accessToken?: string;
}

export interface HttpAnswer {
  status: number;
  /** The body as JSON; undefined if there was none. */
  body: unknown;
  /** How far (ms) the server's clock is ahead of this machine's; negative if it is behind. */
  serverAheadMs: number;
}

/** The `Date` header has whole seconds, and the answer took time to travel. A smaller difference counts as none. */
const SMALLEST_SKEW_MS = 2000;

/** Calls one server. Every call ends within the timeout. */
export class HttpClient {
  constructor(private readonly options: { baseUrl: URL; fetch: Fetch; timeoutMs: number; timing: Timing }) {}

  /**
   * Sends one request, once.
   *
   * @throws {LicenseClientError} the typed error of any answer but 2xx, `NetworkError` without an answer, `ProtocolError`
   * for a 2xx whose body is not JSON
   */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    const { status, headers, text } = await this.#exchange(request);
    const body = parseJson(text);
    const date = Date.parse(headers.get('date') ?? '');
    if (status < 200 || status >= 300) {
      throw errorOf({ status, body, retryAfterSeconds: this.#retryAfter(headers.get('retry-after'), date) });
    }
    if (text !== '' && body === undefined) {
      throw new ProtocolError('the answer is not JSON', { code: 'unexpected_response', status });
    }
    return { status, body, serverAheadMs: this.#serverAhead(date) };
  }

  async #exchange({ method, path, body, accessToken }: HttpRequest) {
    const controller = new AbortController();
    const { timeoutMs, timing, baseUrl } = this.options;
    const cancelTimeout = timing.after(timeoutMs, () => controller.abort(), false);
    try {
      const response = await this.options.fetch(new URL(path, baseUrl).href, {
        method,
        headers: {
          accept: 'application/json, application/problem+json',
          ...(body && { 'content-type': 'application/json' }),
          ...(accessToken && { authorization: `Bearer ${accessToken}` }),
        },
        ...(body && { body: JSON.stringify(body) }),
        signal: controller.signal,
        // Credentials must not follow a redirect to another server.
        redirect: 'manual',
      });
      return { status: response.status, headers: response.headers, text: await response.text() };
    } catch (cause) {
      if (controller.signal.aborted) {
        throw new NetworkError(`${baseUrl.origin} did not answer within ${timeoutMs / 1000} s`, {
          code: 'timeout',
          cause,
        });
      }
      throw new NetworkError(`cannot reach ${baseUrl.origin}${reasonOf(cause)}`, { code: 'network_error', cause });
    } finally {
      cancelTimeout();
    }
  }

  #serverAhead(date: number): number {
    const ahead = date - this.options.timing.now();
    return Math.abs(ahead) >= SMALLEST_SKEW_MS ? ahead : 0;
  }

  /** `Retry-After` is seconds or a date (RFC 9110, section 10.2.3). */
  #retryAfter(header: string | null, serverDate: number): number | undefined {
    if (header === null) return undefined;
    if (/^\d+$/.test(header.trim())) return Number(header);
    const now = Number.isNaN(serverDate) ? this.options.timing.now() : serverDate;
    const seconds = Math.ceil((Date.parse(header) - now) / 1000);
    return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
  }
}

/**
 * The base URL with a trailing slash, so that a path is appended to it.
 *
 * @throws {TypeError} unless it is an http or https URL without credentials, query or fragment
 */
export function parseBaseUrl(text: string): URL {
  const url = new URL(text);
  const plain = url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (!/^https?:$/.test(url.protocol) || !plain) {
    throw new TypeError('the base URL must be an http or https URL without credentials, query or fragment');
  }
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Node's fetch says only "fetch failed"; the system's error code is in its cause. */
function reasonOf(error: unknown): string {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string') return ` (${cause.code})`;
  }
  return '';
}
