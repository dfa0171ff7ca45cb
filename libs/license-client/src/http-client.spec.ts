import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LicenseServer } from '../test/license-server.js';
import { problem } from '../test/server-answer.js';
import {
  LicenseClientError,
  NetworkError,
  ProtocolError,
  TemporarilyUnavailableError,
  ValidationError,
} from './errors.js';
import { HttpClient, parseBaseUrl } from './http-client.js';
import { systemTiming } from './timing.js';

const HEARTBEAT = { method: 'POST', path: 'api/v1/licenses/heartbeat', body: { session_token: 'cst_x' } } as const;

describe('HttpClient', () => {
  let server: LicenseServer;
  let http: HttpClient;

  const clientOf = (url: string, timeoutMs = 5000) =>
    new HttpClient({
      baseUrl: parseBaseUrl(url),
      fetch: (to, init) => fetch(to, init),
      timeoutMs,
      timing: systemTiming,
    });
  const failure = async (client = http): Promise<LicenseClientError> => {
    const error: unknown = await client.send(HEARTBEAT).catch((thrown: unknown) => thrown);
    if (!(error instanceof LicenseClientError)) throw new Error('expected a LicenseClientError');
    return error;
  };

  beforeEach(async () => {
    server = await LicenseServer.start();
    http = clientOf(server.url);
  });
  afterEach(() => server.close());

  it('sends JSON, and an access token only if one is given', async () => {
    server.script('licenses/heartbeat', { status: 200, body: {} }, { status: 200, body: {} });
    await http.send(HEARTBEAT);
    await http.send({ ...HEARTBEAT, accessToken: 'secret' });
    const [without, withToken] = server.calls('licenses/heartbeat');
    expect(without).toMatchObject({ body: HEARTBEAT.body, headers: { 'content-type': 'application/json' } });
    expect(without?.headers.authorization).toBeUndefined();
    expect(withToken?.headers.authorization).toBe('Bearer secret');
  });

  it('returns undefined for an empty body', async () => {
    server.script('licenses/heartbeat', { status: 204 });
    expect(await http.send(HEARTBEAT)).toMatchObject({ status: 204, body: undefined });
  });

  it('keeps the path of the base URL', async () => {
    await clientOf(`${server.url}/tenant-proxy`)
      .send({ method: 'GET', path: 'x' })
      .catch(() => undefined);
    expect(server.received[0]?.route).toBe('tenant-proxy/x');
  });

  it('reads a problem document', async () => {
    const errors = [{ path: 'machine_id', message: 'must be a UUID', code: 'invalid_format' }];
    server.script('licenses/heartbeat', problem(422, 'validation_failed', { detail: 'machine_id is wrong', errors }));
    const error = await failure();
    expect(error).toBeInstanceOf(ValidationError);
    expect(error).toMatchObject({ message: 'machine_id is wrong', status: 422, requestId: 'request-1', errors });
  });

  it('treats an HTML error page of a gateway as temporarily unavailable', async () => {
    const html = { 'retry-after': '7' };
    server.script('licenses/heartbeat', { status: 502, body: '<html>Bad Gateway</html>', headers: html });
    const error = await failure();
    expect(error).toBeInstanceOf(TemporarilyUnavailableError);
    expect(error).toMatchObject({ code: 'temporarily_unavailable', isConclusive: false, retryAfterSeconds: 7 });
  });

  it.each([
    ['an HTML page with 200, as captive portals send', { status: 200, body: '<html>Please sign in</html>' }],
    ['an HTML page with 403', { status: 403, body: '<html>Blocked</html>' }],
    ['JSON with 404 that is not a problem document of the API', { status: 404, body: { message: 'no route' } }],
    ['a redirect', { status: 307, headers: { location: 'http://127.0.0.1:9/' } }],
  ])('treats %s as inconclusive', async (_name, answer) => {
    server.script('licenses/heartbeat', answer);
    const error = await failure();
    expect(error).toBeInstanceOf(ProtocolError);
    expect(error).toMatchObject({ code: 'unexpected_response', isConclusive: false });
  });

  it('follows no redirect, so that the session token stays with this server', async () => {
    const other = await LicenseServer.start();
    server.script('licenses/heartbeat', { status: 307, headers: { location: `${other.url}/steal` } });
    await failure();
    expect(other.received).toEqual([]);
    await other.close();
  });

  it('rejects after the timeout without an answer', async () => {
    server.script('licenses/heartbeat', 'hang');
    const error = await failure(clientOf(server.url, 50));
    expect(error).toBeInstanceOf(NetworkError);
    expect(error).toMatchObject({ code: 'timeout', isConclusive: false });
  });

  it('names the cause when the connection breaks', async () => {
    server.script('licenses/heartbeat', 'reset');
    const error = await failure();
    expect(error).toBeInstanceOf(NetworkError);
    expect(error).toMatchObject({ code: 'network_error', isConclusive: false });
  });

  it('names the cause when the connection is refused', async () => {
    const closed = await LicenseServer.start();
    const { url } = closed;
    await closed.close();
    expect((await failure(clientOf(url))).message).toContain('ECONNREFUSED');
  });

  it("reads Retry-After as a date by the server's own clock", async () => {
    server.now = () => Date.parse('2031-01-01T00:00:00Z');
    const headers = { 'retry-after': 'Wed, 01 Jan 2031 00:00:20 GMT' };
    server.script('licenses/heartbeat', problem(503, 'temporarily_unavailable', {}, headers));
    expect((await failure()).retryAfterSeconds).toBe(20);
  });

  it("returns how far the server's clock is ahead", async () => {
    server.now = () => Date.now() + 3_600_000;
    server.script('licenses/heartbeat', { status: 200, body: {} });
    const { serverAheadMs } = await http.send(HEARTBEAT);
    expect(Math.abs(serverAheadMs - 3_600_000)).toBeLessThan(2000);
  });

  it('ignores a difference within the precision of the Date header', async () => {
    server.script('licenses/heartbeat', { status: 200, body: {} });
    expect((await http.send(HEARTBEAT)).serverAheadMs).toBe(0);
  });
});

describe('parseBaseUrl', () => {
  it.each(['ftp://host', 'https://user:secret@host', 'https://host?x=1', 'https://host#x', 'host'])(
    'refuses %s',
    (url) => {
      expect(() => parseBaseUrl(url)).toThrow(TypeError);
    },
  );
});
