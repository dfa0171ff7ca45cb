import { once } from 'node:events';
import net from 'node:net';
import { Get } from '@nestjs/common';
import { INTERCEPTORS_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService } from '@nestjs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startStack, TestApp, type TestStack } from '#test/app';
import { loadConfig } from '#config/config';
import { ApiController } from './api-controller.js';
import { Public } from '../access/access.js';
import { IdempotencyInterceptor } from '../idempotency/idempotency.interceptor.js';
import { OPERATION, type OperationOptions, Operation } from '../operation.js';
import { currentRequest } from '../request-context.js';

@ApiController('probe')
class ProbeController {
  @Get('address')
  @Public('tests')
  @Operation({ summary: 'The address of the caller', response: z.object({ ip: z.string().optional() }) })
  address() {
    return { ip: currentRequest().ip };
  }
}

let stack: TestStack;
let api: TestApp;
/** The application without allowed origins. */
let plain: TestApp;
const DASHBOARD = 'https://app.example.test';
beforeAll(async () => {
  stack = await startStack();
  api = await TestApp.start(stack, { CORS_ORIGINS: `${DASHBOARD}, http://localhost:5173` }, [ProbeController]);
  plain = await TestApp.start(stack);
});
afterAll(async () => {
  await plain.stop();
  await api.stop();
  await stack.stop();
});

const portOf = (app: TestApp) => (app.app.getHttpServer().address() as net.AddressInfo).port;

/** Sends bytes as they are, and returns what comes back until the server closes. */
async function raw(bytes: string): Promise<{ head: string; body: string }> {
  const socket = net.connect(portOf(api), '127.0.0.1');
  socket.on('error', () => {}); // the server may close before it has read everything
  socket.write(bytes);
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await once(socket, 'close');
  const [head = '', body = ''] = text.split('\r\n\r\n');
  return { head, body };
}

describe('the method of a request', () => {
  it.each([
    ['DELETE', '/api/v1/auth/login', 'POST'],
    ['GET', '/api/v1/auth/login', 'POST'],
    ['POST', '/api/v1/licenses', 'GET, HEAD'],
    ['PUT', '/api/v1/licenses/0195a4c0-5f2e-7d6b-8a3c-2f9b1d7e6c54?x=1', 'GET, HEAD'],
    ['POST', '/healthz', 'GET, HEAD'],
    ['POST', '/docs/assets/swagger-ui.css', 'GET, HEAD'],
  ])('is refused if the path has other methods, and those are listed: %s %s', async (method, url, allow) => {
    const answer = await api.app.inject({ method: method as 'GET', url });
    expect([answer.statusCode, answer.headers['allow']]).toEqual([405, allow]);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.json()).toMatchObject({ code: 'method_not_allowed' });
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
  });

  it.each([
    ['GET', '/api/v1/nothing'],
    ['DELETE', '/api/v1'],
    ['POST', '/api/v1/licensesx'],
    ['GET', '/api/v1/licenses/'],
    ['OPTIONS', '/api/v1/nothing'],
  ])('does not matter if the path does not exist: %s %s', async (method, url) => {
    const answer = await plain.app.inject({ method: method as 'GET', url });
    expect([answer.statusCode, answer.json()]).toMatchObject([404, { code: 'not_found' }]);
    expect(answer.headers).not.toHaveProperty('allow');
  });

  it('HEAD gets the response of GET without the body', async () => {
    const [get, head] = [await api.http().get('/healthz'), await api.http().head('/healthz')];
    expect([head.status, head.headers['content-length']]).toEqual([200, get.headers['content-length']]);
    expect(head.text ?? '').toBe('');
    await api.http().head('/api/v1/licenses').expect(401);
    await api.http().head('/api/v1/nothing').expect(404);
    await api.http().head('/api/v1/auth/login').expect(405);
  });

  it('OPTIONS lists the methods', async () => {
    const answer = await plain.http().options('/api/v1/projects').expect(204);
    expect(answer.headers['allow']).toBe('GET, HEAD, POST');
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  });
});

describe('pages of other origins', () => {
  const preflight = (origin: string) =>
    api.http().options('/api/v1/licenses').set({
      origin,
      'access-control-request-method': 'PATCH',
      'access-control-request-headers': 'authorization,if-match',
    });

  it.each([DASHBOARD, 'http://localhost:5173'])('are allowed if they are on the list: %s', async (origin) => {
    const asked = await preflight(origin).expect(204);
    expect(asked.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
      'access-control-allow-headers': 'authorization,if-match',
      'access-control-max-age': '7200',
    });
    expect(asked.headers['vary']).toContain('Origin');
    const answer = await api.http().get('/api/v1/nothing').set('origin', origin).expect(404);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers':
        'ETag, Idempotency-Replayed, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id',
    });
  });

  it.each(['https://app.example.test.evil.test', 'https://evil.test', 'http://app.example.test', 'null'])(
    'are not allowed if they are not on the list: %s',
    async (origin) => {
      expect((await preflight(origin)).headers).not.toHaveProperty('access-control-allow-origin');
      const answer = await api.http().get('/healthz').set('origin', origin);
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    },
  );

  it('are not allowed if none are configured', async () => {
    const answer = await plain.http().get('/healthz').set('origin', DASHBOARD).expect(200);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
  });
});

describe('the address of the caller', () => {
  const seenBy = async (env: NodeJS.ProcessEnv, forwarded: string) => {
    const app = await TestApp.start(stack, env, [ProbeController]);
    try {
      const answer = await app.get('probe/address').set('x-forwarded-for', forwarded).expect(200);
      return (answer.body as { ip: string }).ip;
    } finally {
      await app.stop();
    }
  };

  it.each([
    [{}, '203.0.113.7', '127.0.0.1'],
    [{ TRUST_PROXY: '1' }, '198.51.100.1, 203.0.113.7', '203.0.113.7'],
    [{ TRUST_PROXY: '2' }, '198.51.100.1, 203.0.113.7', '198.51.100.1'],
    [{ TRUST_PROXY: '127.0.0.0/8, 203.0.113.0/24' }, '192.0.2.5, 198.51.100.1, 203.0.113.7', '198.51.100.1'],
    [{ TRUST_PROXY: '10.0.0.0/8' }, '203.0.113.7', '127.0.0.1'],
    [{ TRUST_PROXY: '127.0.0.1' }, 'no address', '127.0.0.1'],
    [{ TRUST_PROXY: '::1, 127.0.0.1' }, '2001:db8::7', '2001:db8::7'],
  ])('with %j and X-Forwarded-For "%s" is %s', async (env, forwarded, ip) => {
    expect(await seenBy(env, forwarded)).toBe(ip);
  });

  const REQUIRED = { DATABASE_URL: 'postgres://a/b', SYSTEM_DATABASE_URL: 'postgres://a/b', REDIS_URL: 'redis://x' };
  it.each(['true', '0', '11', 'proxy.internal', '10.0.0.0/33', '10.0.0.0/0', '10.0.0.0/8/8', '', '::1/129'])(
    'cannot be read with the TRUST_PROXY "%s"',
    (TRUST_PROXY) => {
      expect(() => loadConfig({ ...REQUIRED, TRUST_PROXY })).toThrow(/TRUST_PROXY/);
    },
  );
});

describe('a request that no route can accept', () => {
  const LOGIN = '/api/v1/auth/login';
  it.each([
    ['a constructor that would be taken over', '{"constructor":{"prototype":{"a":1}}}', 400, 'malformed_json'],
    ['a prototype deep inside', '{"email":{"__proto__":{"a":1}}}', 400, 'malformed_json'],
    ['a prototype in escapes', String.raw`{"\u005f_proto__":{"a":1}}`, 400, 'malformed_json'],
    ['half a character', '{"email":"\ud800"}', 422, 'validation_failed'],
    ['nothing', 'null', 422, 'validation_failed'],
    ['a number', '17', 422, 'validation_failed'],
    ['JSON and more', '{} {}', 400, 'malformed_json'],
    ['deep nesting', '['.repeat(50_000), 400, 'malformed_json'],
    ['deep nesting that ends', `${'['.repeat(50_000)}${']'.repeat(50_000)}`, 400, 'malformed_json'],
    ['33 levels', `${'['.repeat(33)}${']'.repeat(33)}`, 400, 'malformed_json'],
    ['32 levels', `${'['.repeat(32)}${']'.repeat(32)}`, 422, 'validation_failed'],
    ['no UTF-8', Buffer.from('{"email":"caf\xe9"}', 'latin1'), 400, 'malformed_json'],
    ['UTF-8 that is cut short', Buffer.from('{"email":"\xe2\x82"}', 'latin1'), 400, 'malformed_json'],
    ['NUL in two bytes', Buffer.from('{"email":"\xc0\x80"}', 'latin1'), 400, 'malformed_json'],
    ['half a surrogate pair in UTF-8', Buffer.from('{"email":"\xed\xa0\x80"}', 'latin1'), 400, 'malformed_json'],
    ['a byte order mark', '\ufeff{}', 422, 'validation_failed'],
    ['NUL', '\0', 400, 'malformed_json'],
  ])('is a problem: a body with %s', async (_what, payload, status, code) => {
    const answer = await api.app.inject({
      method: 'POST',
      url: LOGIN,
      payload,
      headers: { 'content-type': 'application/json' },
    });
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([
      status,
      'application/problem+json; charset=utf-8',
    ]);
    expect(answer.json()).toMatchObject({ code });
  });

  it.each([
    ['no type', undefined, 415],
    ['an invalid type', 'nonsense', 415],
    ['another JSON type', 'application/ld+json', 415],
    ['JSON with a charset', 'application/json; charset=utf-8', 422],
  ])('is a problem: a body of %s', async (_what, type, status) => {
    const headers = type === undefined ? {} : { 'content-type': type };
    const answer = await api.app.inject({ method: 'POST', url: LOGIN, payload: Buffer.from('{}'), headers });
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([
      status,
      'application/problem+json; charset=utf-8',
    ]);
  });

  it.each([
    ['cannot be decoded', '/api/v1/licenses/%ff', 400, 'bad_request'],
    ['is cut short', '/api/v1/licenses/%2', 400, 'bad_request'],
    ['has a part that is too long', `/api/v1/licenses/${'a'.repeat(101)}`, 414, 'uri_too_long'],
    ['leads out of the base', '/api/v1/../../etc/passwd', 404, 'not_found'],
    ['leads out of it encoded', '/docs/assets/..%2f..%2fpackage.json', 404, 'not_found'],
    ['has a NUL in it', '/api/v1/licenses/%00', 401, 'unauthenticated'],
    ['names a prototype', '/api/v1/__proto__', 404, 'not_found'],
  ])('is a problem: a URL that %s', async (_what, url, status, code) => {
    const answer = await api.app.inject({ url });
    expect([answer.statusCode, answer.headers['content-type'], answer.json()]).toMatchObject([
      status,
      'application/problem+json; charset=utf-8',
      { code, status },
    ]);
    expect(answer.headers['x-request-id']).toBe(answer.json<{ request_id: string }>().request_id);
  });

  it.each(['__proto__=1', '__proto__[a]=1', 'constructor=1', 'limit=1&limit=2', 'limit=%00', 'search=%ff'])(
    'is not a fault of the server: the query ?%s',
    async (query) => {
      const tenant = await api.factory.tenant();
      const answer = await api.get(`license-sessions?${query}`, tenant.owner.accessToken);
      expect(answer.status).toBeLessThan(500);
      expect(Object.hasOwn(Object.prototype, 'a')).toBe(false);
    },
  );

  it.each([
    ['headers that are too large', `GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
    ['a URL that is too long', `GET /healthz?${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['two lengths', 'POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
    ['no host', 'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    ['no host, of a path with other methods', 'PUT /healthz HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
  ])('is a problem: %s', async (_what, bytes, status) => {
    const { head, body } = await raw(bytes);
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(head).toContain('content-type: application/problem+json; charset=utf-8');
    expect(JSON.parse(body)).toMatchObject({ status, code: status === 431 ? 'headers_too_large' : 'bad_request' });
  });
});

it.each([
  ['an unknown expectation', 'GET /healthz HTTP/1.1\r\nHost: x\r\nExpect: 200-maybe'],
  ['no host in HTTP/1.0, which has none', 'GET /healthz HTTP/1.0'],
])('is accepted: %s', async (_what, request) => {
  const { head, body } = await raw(`${request}\r\nConnection: close\r\n\r\n`);
  expect(head).toMatch(/^HTTP\/1.1 200 /);
  expect(JSON.parse(body)).toEqual({ status: 'ok' });
});

it('every controller with idempotent or versioned operations has the interceptors for them', () => {
  for (const { metatype, instance } of api.app.get(DiscoveryService, { strict: false }).getControllers()) {
    if (!metatype || !instance) continue;
    const prototype = Object.getPrototypeOf(instance) as Record<string, object>;
    const promised = Object.getOwnPropertyNames(prototype).some((name) => {
      const operation = Reflect.getMetadata(OPERATION, prototype[name]!) as OperationOptions | undefined;
      return operation?.idempotent === true || operation?.versioned === true;
    });
    const interceptors = (Reflect.getMetadata(INTERCEPTORS_METADATA, metatype) ?? []) as unknown[];
    expect([metatype.name, promised && !interceptors.includes(IdempotencyInterceptor)]).toEqual([metatype.name, false]);
  }
});
