import { Logger } from '@nestjs/common';
import type { DestinationStream } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestApp } from '#test/app';
import { newMachine, type TestTenant } from '#test/factory';
import { mailsTo, tokenIn } from '#test/mails';
import { hashPassword } from '#test/passwords';
import { AccessLine, LogLine } from './log-line.js';
import { requestStore } from '../request-context.js';

const PASSWORD = 'correct horse battery staple';
const OTHER = 'seven drowsy otters on a raft';

let api: TestApp;
let tenant: TestTenant;
let written = '';
const out: DestinationStream = { write: (line) => void (written += line) };
beforeAll(async () => {
  api = await TestApp.start(undefined, { LOG_LEVEL: 'trace' }, [], out);
  tenant = await api.factory.tenant();
});
beforeEach(() => {
  written = '';
});
afterAll(() => api.stop());

type Line = Record<string, unknown>;
const lines = () =>
  written
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
const lastLine = () => lines().at(-1)!;
/** Waits for the only line about a route. It is written after the response was sent. */
async function accessLine(route: string): Promise<Line> {
  const find = () => lines().find((line) => line['logger'] === 'http' && line['route'] === route);
  await expect.poll(find).toBeDefined();
  return find()!;
}

describe('the line about a request', () => {
  it('names user, session and machine of an acquire, and how long it took', async () => {
    const machine_id = newMachine();
    const seat = await api.takeSeat(tenant.member, { machine_id });
    const line = await accessLine('/api/v1/licenses/acquire');
    expect(AccessLine.parse(line)).toMatchObject({
      level: 'INFO',
      message: 'POST /api/v1/licenses/acquire 201',
      method: 'POST',
      status: 201,
      tenant_id: tenant.id,
      user_id: tenant.member.id,
      machine_id,
      session_id: seat.session_id,
      ip: '127.0.0.1',
    });
  });

  it('names the tenant and the session of a heartbeat by its token', async () => {
    const seat = await api.takeSeat(tenant.member);
    const { headers } = await api.heartbeat(seat.session_token).expect(200);
    expect(AccessLine.parse(await accessLine('/api/v1/licenses/heartbeat'))).toMatchObject({
      tenant_id: tenant.id,
      session_id: seat.session_id,
      request_id: headers['x-request-id'],
    });
  });

  it('names the user who signed in', async () => {
    const user = await api.factory.user(tenant.id, 'member', { passwordHash: await hashPassword(PASSWORD) });
    await api.post('auth/login', { email: user.email, password: PASSWORD }).expect(200);
    const line = AccessLine.parse(await accessLine('/api/v1/auth/login'));
    expect(line).toMatchObject({ tenant_id: tenant.id, user_id: user.id });
  });

  it('has the pattern of the route, never the path', async () => {
    await api
      .http()
      .get(`/nowhere/cpr_${'A'.repeat(43)}?token=secret`)
      .expect(404);
    expect(AccessLine.parse(await accessLine('unmatched'))).toMatchObject({ message: 'GET unmatched 404' });
    expect(written).not.toContain('nowhere');
  });

  it('has the level debug for probes and metrics', async () => {
    await api.http().get('/healthz').expect(200);
    expect(await accessLine('/healthz')).toMatchObject({ level: 'DEBUG' });
    await api.http().get('/metrics').expect(200);
    expect(await accessLine('/metrics')).toMatchObject({ level: 'DEBUG' });
  });
});

describe('every other line', () => {
  const logger = new Logger('tests');

  it.each([
    ['FATAL', () => logger.fatal('text')],
    ['ERROR', () => logger.error({ msg: 'text' })],
    ['WARN', () => logger.warn({ msg: 'text' })],
    ['INFO', () => logger.log({ msg: 'text' })],
    ['DEBUG', () => logger.debug('text')],
    ['TRACE', () => logger.verbose('text')],
  ])('of level %s has a time, a logger and a message', (level, write) => {
    write();
    expect(LogLine.parse(lastLine())).toEqual({
      timestamp: expect.any(String) as string,
      level,
      logger: 'tests',
      message: 'text',
    });
  });

  it('of a job names the job and its tenant', () => {
    const tenantId = tenant.id;
    requestStore.run({ requestId: 'job-1', tenantId, actor: { type: 'system' } }, () =>
      logger.warn({ msg: 'seat ledger rebuilt', mode: 'cold', sessions: 3 }),
    );
    const line = LogLine.parse(lastLine());
    expect(line).toMatchObject({ request_id: 'job-1', tenant_id: tenantId, mode: 'cold', sessions: 3 });
  });

  it('has an error with stack and cause, but no other fields of the error', () => {
    const cause = Object.assign(new TypeError('inner'), { code: 'ECONNREFUSED', config: { body: 'private' } });
    logger.error({ msg: 'it failed', err: new Error('outer', { cause }) }, cause.stack);
    const line = LogLine.parse(lastLine());
    expect(line).toMatchObject({
      message: 'it failed',
      err: { type: 'Error', message: 'outer', cause: { type: 'TypeError', message: 'inner', code: 'ECONNREFUSED' } },
    });
    expect(written).not.toContain('private');
  });

  it('of Nest itself has the same form', () => {
    Logger.error('message', 'Error: message\n    at somewhere', 'ExceptionsHandler');
    expect(LogLine.parse(lastLine())).toMatchObject({ logger: 'ExceptionsHandler', err: /somewhere/ });
  });
});

describe('secrets', () => {
  const logger = new Logger('tests');

  it.each([
    ['by name', { headers: { authorization: 'hunter2', cookie: 'hunter2', 'set-cookie': ['hunter2'] } }],
    ['by name', { password: 'hunter2', newPassword: 'hunter2', password_hash: 'hunter2', totpSecret: 'hunter2' }],
    ['by name', { refresh_token: 'hunter2', apiKey: 'hunter2', license_key: 'hunter2', recovery_codes: ['hunter2'] }],
    ['within text', { url: 'https://app.test/reset#token=hunter2' }],
    ['within text', { dsn: 'postgres://license_app:hunter2@db/licenses' }],
    ['within text', { header: 'Bearer hunter2hunter2' }],
    ['within text', { callback: '/callback?code=hunter2&x=1' }],
    ['in errors', { err: new Error('connect postgres://a:hunter2@db', { cause: new Error('?token=hunter2') }) }],
  ])('are removed from lines %s: %j', (_how, fields) => {
    logger.warn({ msg: 'something', ...fields });
    expect(LogLine.parse(lastLine()).message).toBe('something');
    expect(written).toContain('[redacted]');
    expect(written).not.toContain('hunter2');
  });

  it.each(['cst_', 'crt_', 'cpr_', 'cev_', 'civ_', 'cak_', 'cdc_', 'whsec_'])(
    'that begin with %s are recognized anywhere',
    (prefix) => {
      const token = `${prefix}${'Ab0-_9'.repeat(8)}`;
      logger.warn(`refused ${token}.`);
      logger.warn({ msg: 'refused', fields: [{ deep: `(${token})` }], err: new Error(token) });
      expect(written).not.toContain('Ab0');
      expect(lines()).toHaveLength(2);
    },
  );

  it('do not include ids, codes and counts, which stay readable', () => {
    const fields = { license_id: tenant.license.id, err: 'P2025', code: 'no_seats_available', attempts: 2, list: [1] };
    logger.warn({ msg: 'something', ...fields });
    expect(lastLine()).toMatchObject(fields);
  });

  it('of sign-in, acquires, API keys and new passwords never appear', async () => {
    const secrets: string[] = [PASSWORD, OTHER];
    const user = await api.factory.user(tenant.id, 'admin', { passwordHash: await hashPassword(PASSWORD) });
    await api.post('auth/login', { email: user.email, password: 'a wrong guess' }).expect(401);
    const login = await api.post('auth/login', { email: user.email, password: PASSWORD }).expect(200);
    const first = login.body as { access_token: string; refresh_token: string };
    const { access_token, refresh_token } = first;
    const renewed = await api.post('auth/refresh', { refresh_token }).expect(200);
    const seat = await api.takeSeat({ ...user, accessToken: access_token });
    await api.heartbeat(seat.session_token).expect(200);
    await api.heartbeat(`${seat.session_token}x`).expect(404);
    const created = await api.post('auth/api-keys', { name: 'CI', scopes: ['license:read'] }, access_token).expect(201);
    const { key } = created.body as { key: string };
    await api.get('licenses', key).expect(200);
    await api.get('licenses', `${key.slice(0, -2)}xx`).expect(401);
    await api.post('auth/password/forgot', { email: user.email }).expect(202);
    await expect.poll(async () => (await mailsTo(api, user.email)).length).toBeGreaterThan(0);
    const link = tokenIn((await mailsTo(api, user.email)).find(({ template }) => template === 'password_reset'));
    await api.post('auth/password/reset', { token: link, password: OTHER }).expect(204);
    await api.release(seat.session_token).expect(200);
    await accessLine('/api/v1/licenses/release');
    const { access_token: newAccess, refresh_token: newRefresh } = renewed.body as typeof first;
    secrets.push(access_token, refresh_token, newAccess, newRefresh, seat.session_token, key, link, 'a wrong guess');
    secrets.push(seat.signed_license.token);
    expect(lines().length).toBeGreaterThan(10);
    for (const line of lines()) LogLine.parse(line);
    for (const secret of secrets) expect(written).not.toContain(secret);
    expect(written).not.toMatch(/c(st|rt|pr|ev|iv|ak)_[\w-]{6}|eyJ[\w-]{6}/);
  });
});
