import { chmod, mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Controller, Get, Module } from '@nestjs/common';
import { ConsoleLogger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { problemCodes } from '@coditect/contracts/problem';
import { withClient } from '@coditect/local-stack/database';
import { TestApp } from '#test/app';
import { FaultProxy } from '#test/drills/fault-proxy';
import { Env, loadConfig } from '#config/config';
import { DocsModule } from '#modules/docs/docs.module';
import { createHttpApp } from './http-app.js';
import { openKeys } from '../secrets/keys.js';
import { isDatabaseOutage } from '../problems/database-outage.js';
import { PlatformModule } from '../platform.module.js';

let api: TestApp;
beforeAll(async () => {
  api = await TestApp.start();
});
afterAll(() => api.stop());

describe('every refusal', () => {
  it.each([
    ['an unknown route', 'GET', '/api/v1/nothing', undefined, 404, 'not_found'],
    ['malformed JSON', 'POST', '/api/v1/auth/login', '{"email":', 400, 'malformed_json'],
    ['an empty body', 'POST', '/api/v1/auth/login', '', 400, 'malformed_json'],
    ['a body that is an array', 'POST', '/api/v1/auth/login', '[]', 422, 'validation_failed'],
    [
      'a huge body',
      'POST',
      '/api/v1/auth/login',
      JSON.stringify({ email: 'x'.repeat(300_000) }),
      413,
      'payload_too_large',
    ],
    ['prototype pollution', 'POST', '/api/v1/auth/login', '{"__proto__":{"a":1}}', 400, 'malformed_json'],
  ])('is problem+json with a code and a request id: %s', async (_, method, url, payload, status, code) => {
    const answer = await api.app.inject({
      method: method as 'GET' | 'POST',
      url,
      payload,
      headers: { 'content-type': 'application/json', 'x-request-id': 'my-request-0001' },
    });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.headers['x-request-id']).toBe('my-request-0001');
    expect(answer.json()).toMatchObject({
      code,
      status,
      title: problemCodes[code as keyof typeof problemCodes].title,
      type: `/docs/errors/${code}`,
      request_id: 'my-request-0001',
    });
  });

  it.each([
    ['a whole body', 'POST', '/api/v1/auth/login', [], 'body'],
    [
      'an unknown field',
      'POST',
      '/api/v1/auth/login',
      { email: 'a@example.test', password: 'x', admin: true },
      'admin',
    ],
  ] as const)('names what is wrong: %s', async (_, method, url, payload, field) => {
    const answer = await api.app.inject({ method, url, payload: payload as object });
    expect(answer.json()).toMatchObject({ status: 422, errors: [{ path: field }] });
  });

  it('names what is wrong: a part of the path', async () => {
    const { owner } = await api.factory.tenant();
    expect((await api.get('users/x', owner.accessToken)).body).toMatchObject({ status: 422, errors: [{ path: 'id' }] });
  });

  it.each(['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data; boundary=x'])(
    'is the response to %s, which a form of another site could send',
    async (type) => {
      const payload = 'email=a@example.test&password=x';
      const answer = await api.app.inject({
        method: 'POST',
        url: '/api/v1/auth/login',
        payload,
        headers: { 'content-type': type },
      });
      expect(answer.statusCode).toBe(415);
      expect(answer.json()).toMatchObject({ code: 'unsupported_media_type' });
    },
  );

  it('is a problem for a URL that cannot be decoded, too', async () => {
    const answer = await api.app.inject({ url: '/api/v1/license-sessions/%zz' });
    expect(answer.statusCode).toBe(400);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json()).toMatchObject({ code: 'bad_request' });
  });

  it('does not repeat a request id that could break a log line', async () => {
    const answer = await api.app.inject({ url: '/healthz', headers: { 'x-request-id': 'a b\tc' } });
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('a route without a stated permission', () => {
  it('keeps the application from booting, and is named', async () => {
    @Controller('forgotten')
    class ForgottenController {
      @Get()
      read() {
        return 'anything';
      }
    }
    @Module({ imports: [PlatformModule.forRoot(api.config), DocsModule], controllers: [ForgottenController] })
    class ForgottenModule {}
    const app = await createHttpApp({ module: ForgottenModule }, new ConsoleLogger({ logLevels: [] }), api.config);
    await expect(app.init()).rejects.toThrow('routes without a stated permission: ForgottenController.read');
    await app.close().catch(() => {});
  });
});

describe('health', () => {
  it('is live without a query, and ready with both stores', async () => {
    expect((await api.http().get('/healthz').expect(200)).body).toEqual({ status: 'ok' });
    expect((await api.http().get('/readyz').expect(200)).body).toEqual({ status: 'ok', postgres: 'ok', redis: 'ok' });
  });

  it('is not ready while the database lacks a migration, and names it', async () => {
    const { owner } = api.stack.database.urls;
    const finished = (how: string) =>
      withClient(owner, (client) =>
        client.query(`UPDATE _prisma_migrations SET finished_at = ${how} WHERE migration_name LIKE '%_accounts'`),
      );
    await finished('NULL');
    const refusal = await api.http().get('/readyz').expect(503);
    expect(refusal.body).toMatchObject({
      code: 'temporarily_unavailable',
      detail: 'The database lacks migrations: 20261122000300_accounts.',
    });
    expect(refusal.headers['retry-after']).toBe('10');
    await api.http().get('/healthz').expect(200);
    await finished('now()');
    await api.http().get('/readyz').expect(200);
  });

  it('is degraded without Redis, and not ready without Postgres', async () => {
    const [redis, postgres] = [
      await FaultProxy.before(api.config.redisUrl),
      await FaultProxy.before(api.config.database.systemUrl),
    ];
    const cut = await TestApp.start(api.stack, {
      REDIS_URL: redis.through(api.config.redisUrl),
      SYSTEM_DATABASE_URL: postgres.through(api.config.database.systemUrl),
    });
    try {
      redis.set('cut');
      const degraded = await cut.http().get('/readyz').expect(200);
      expect(degraded.body).toEqual({ status: 'degraded', postgres: 'ok', redis: 'unavailable' });
      postgres.set('cut');
      const refusal = await cut.http().get('/readyz').expect(503);
      expect(refusal.body).toMatchObject({ code: 'temporarily_unavailable', detail: 'Postgres cannot be reached.' });
    } finally {
      await Promise.all([redis, postgres].map((proxy) => proxy.stop()));
      await cut.stop();
    }
  });
});

describe('configuration', () => {
  it('names every wrong variable and no value', () => {
    const attempt = () => loadConfig({ DATABASE_URL: 'not a url with s3cret', REDIS_URL: 'redis://x', PORT: '99999' });
    expect(attempt).toThrow(/DATABASE_URL.*SYSTEM_DATABASE_URL|SYSTEM_DATABASE_URL.*DATABASE_URL|PORT/);
    expect(attempt).not.toThrow(/s3cret/);
  });

  it('needs a public URL in production', () => {
    const env = { DATABASE_URL: 'postgres://a/b', SYSTEM_DATABASE_URL: 'postgres://a/b', REDIS_URL: 'redis://x' };
    expect(() => loadConfig({ ...env, NODE_ENV: 'production' })).toThrow(/PUBLIC_URL/);
    expect(loadConfig(env)).toMatchObject({ production: false, publicUrl: 'http://127.0.0.1:3000' });
  });
});

describe('the documentation of the configuration', () => {
  it('names every variable and its actual default', async () => {
    const page = await readFile(new URL('../../../../../docs/configuration.md', import.meta.url), 'utf8');
    const rows = page.split('\n').filter((line) => line.startsWith('| `'));
    const undocumented = Object.entries(Env.shape).filter(([name, schema]) => {
      const fallback = schema.safeParse(undefined).data;
      const expected = [name, ...(typeof fallback === 'object' || fallback === undefined ? [] : [fallback])];
      return !rows.some((row) => expected.every((text) => row.includes(`\`${text}\``)));
    });
    expect(undocumented.map(([name]) => name)).toEqual([]);
  });
});

describe('keys', () => {
  const newDir = () => mkdtemp(path.join(os.tmpdir(), 'keys-'));

  it('are made in development, unreadable for others, and the same for starts at the same time and for the next start', async () => {
    const dir = path.join(await newDir(), 'keys');
    const atOnce = await Promise.all(Array.from({ length: 8 }, () => openKeys(dir, 'development')));
    const next = await openKeys(dir, 'development');
    for (const keys of atOnce) {
      expect(keys.sessionTokenSecret).toEqual(next.sessionTokenSecret);
      expect(keys.accessTokenKey.equals(next.accessTokenKey)).toBe(true);
    }
    expect((await readdir(dir)).toSorted()).toEqual(['DEVELOPMENT-KEYS', 'access-token.pem', 'session-token.secret']);
    for (const file of ['access-token.pem', 'session-token.secret'])
      expect((await stat(path.join(dir, file))).mode & 0o777).toBe(0o600);
  });

  it('are made although a killed start with the same process id left its unfinished files', async () => {
    const dir = await newDir();
    for (const file of ['access-token.pem', 'session-token.secret'])
      await writeFile(path.join(dir, `${file}.${process.pid}`), 'unfinished');
    await expect(openKeys(dir, 'create')).resolves.toBeDefined();
  });

  it('made in development are refused in production, and missing ones are not made there', async () => {
    const dir = await newDir();
    await expect(openKeys(dir, 'production')).rejects.toThrow(/access-token.pem is missing/);
    await openKeys(dir, 'development');
    await expect(openKeys(dir, 'production')).rejects.toThrow(/development keys/);
  });

  it('made by an operator are accepted in production, and development keys are not turned into production keys', async () => {
    const dir = await newDir();
    const made = await openKeys(dir, 'create');
    const { sessionTokenSecret } = await openKeys(dir, 'production');
    expect(sessionTokenSecret).toEqual(made.sessionTokenSecret);
    await openKeys(dir, 'development');
    await expect(openKeys(dir, 'create')).rejects.toThrow(/development keys/);
  });

  it('are refused if others can read them, or if they are too short', async () => {
    const dir = await newDir();
    await openKeys(dir, 'development');
    await chmod(path.join(dir, 'access-token.pem'), 0o644);
    await expect(openKeys(dir, 'development')).rejects.toThrow(/can be read by others/);
    await chmod(path.join(dir, 'access-token.pem'), 0o600);
    await writeFile(path.join(dir, 'session-token.secret'), 'c2hvcnQ=', { mode: 0o600 });
    await expect(openKeys(dir, 'development')).rejects.toThrow(/at least 32 bytes/);
  });
});

describe('whether an error is an outage of Postgres', () => {
  it.each([
    [Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), true],
    [Object.assign(new Error('x'), { code: '57P01' }), true],
    [new Error('timeout exceeded when trying to connect'), true],
    [new Error('outer', { cause: Object.assign(new Error('inner'), { code: '08006' }) }), true],
    [Object.assign(new Error('duplicate key'), { code: '23505' }), false],
    [new Error('bug'), false],
    ['text', false],
  ])('%s', (error, outage) => {
    expect(isDatabaseOutage(error)).toBe(outage);
  });
});
