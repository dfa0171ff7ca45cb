import { randomUUID } from 'node:crypto';
import { HttpException } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestApp } from '#test/app';
import type { TestTenant } from '#test/factory';
import { noSteps, NotesController, SECRET, steps } from '#test/notes-controller';
import { newApiKey } from '../access/api-key-token.js';
import { ProblemError, temporarilyUnavailable } from '../problems/problem.js';
import { IdempotencyStore } from './idempotency-store.js';

let api: TestApp;
let tenant: TestTenant;
let key: string;
beforeAll(async () => {
  api = await TestApp.start(undefined, {}, [NotesController]);
});
afterAll(() => api.stop());
beforeEach(async () => {
  api.clock.offsetMs = 0;
  noSteps();
  tenant = await api.factory.tenant();
  key = randomUUID();
});

const send = (body: object, { route = 'notes', as = tenant.owner.accessToken, header = key } = {}) =>
  api.post(route, body, as).set('idempotency-key', header);
const notes = () => api.db.system.project.count({ where: { tenantId: tenant.id } });
const keyRow = () => api.db.system.idempotencyKey.findFirstOrThrow({ where: { tenantId: tenant.id } });

describe('a request repeated with its Idempotency-Key', () => {
  it('gets the same answer, headers included, and does nothing', async () => {
    const first = await send({ name: 'one' }).expect(201);
    expect(first.headers).not.toHaveProperty('idempotency-replayed');

    const again = await send({ name: 'one' }).expect(201);

    expect(again.text).toBe(first.text);
    expect(again.headers).toMatchObject({
      'idempotency-replayed': 'true',
      'content-type': first.headers['content-type'],
      etag: '"v1"',
      location: `/notes/${(first.body as { id: string }).id}`,
    });
    expect(again.headers['x-request-id']).not.toBe(first.headers['x-request-id']);
    expect(await notes()).toBe(1);
  });

  it('may have its members in another order, and the key in quotes', async () => {
    await send({ name: 'one', tags: { a: '1', b: '2' } }).expect(201);
    const again = await send({ tags: { b: '2', a: '1' }, name: 'one' }, { header: `"${key}"` }).expect(201);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(await notes()).toBe(1);
  });

  it.each([
    ['body', { name: 'two' }, 'notes'],
    ['path', { name: 'one' }, 'notes/again'],
    ['query', { name: 'one' }, 'notes?dry=1'],
  ])('is refused if its %s differs', async (_what, body, route) => {
    await send({ name: 'one' }).expect(201);
    const refusal = await send(body, { route }).expect(422);
    expect(refusal.body).toMatchObject({ code: 'idempotency_key_reused' });
    expect(await notes()).toBe(1);
  });

  it('is a new request for another user, for an API key of the same user, and for another tenant', async () => {
    const { key: apiKey, prefix, hash } = newApiKey(tenant.id);
    await api.db.system.apiKey.create({
      data: {
        tenantId: tenant.id,
        userId: tenant.owner.id,
        name: 'CI',
        prefix,
        keyHash: new Uint8Array(hash),
        scopes: ['project:create'],
      },
    });
    const other = await api.factory.tenant();
    const callers = [tenant.owner, tenant.admin, other.owner].map((user) => user.accessToken).concat(apiKey);
    const ids = await Promise.all(
      callers.map(async (as) => ((await send({ name: 'one' }, { as }).expect(201)).body as { id: string }).id),
    );
    expect(new Set(ids).size).toBe(4);
  });

  it('creates one object, however many arrive at once', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => send({ name: 'one' })));

    expect(await notes()).toBe(1);
    const created = answers.filter(({ status }) => status === 201);
    const waiting = answers.filter(({ status }) => status !== 201);
    expect(new Set(created.map(({ text }) => text)).size).toBe(1);
    expect(created.filter(({ headers }) => !headers['idempotency-replayed'])).toHaveLength(1);
    expect(new Set(waiting.map(({ body }) => (body as { code: string }).code))).toEqual(
      new Set(waiting.length > 0 ? ['idempotency_in_flight'] : []),
    );
  });

  it('is a new request 24 hours later, even a different one', async () => {
    await send({ name: 'one' }).expect(201);
    api.advance(24 * 3600 + 1);
    const { accessToken } = await api.factory.signIn(tenant.owner);
    const later = await send({ name: 'two' }, { as: accessToken }).expect(201);
    expect(later.headers).not.toHaveProperty('idempotency-replayed');
    expect(await notes()).toBe(2);
  });
});

describe('a stored answer', () => {
  it('does not show the secret that it holds', async () => {
    const answer = await send({ name: 'one' }).expect(201);
    expect(answer.text).toContain(SECRET);
    const { rows } = await api.db.systemQuery<{ row: string }>(
      'SELECT k::text AS row FROM idempotency_keys k WHERE tenant_id = $1',
      [tenant.id],
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]!.row).not.toContain(SECRET);
  });

  it('is not used if it was tampered with: the caller is told that the result is unknown', async () => {
    await send({ name: 'one' }).expect(201);
    const { id } = await keyRow();
    await api.db.system.idempotencyKey.updateMany({ where: { id }, data: { body: 'AAAA'.repeat(20) } });
    expect((await send({ name: 'one' }).expect(409)).body).toMatchObject({ code: 'idempotency_result_unknown' });
  });

  it('can be a refusal, which is repeated as it was', async () => {
    steps.before = () => {
      throw new ProblemError('quota_exceeded', { detail: 'Full.' });
    };
    const first = await send({ name: 'one' }).expect(403);
    noSteps();
    const again = await send({ name: 'one' }).expect(403);
    expect(again.text).toBe(first.text);
    expect(again.headers).toMatchObject({
      'idempotency-replayed': 'true',
      'content-type': 'application/problem+json; charset=utf-8',
    });
    expect(await notes()).toBe(0);
  });

  it('can be a 500, so that work of unknown outcome is not repeated', async () => {
    steps.after = () => {
      throw new Error('a bug after the commit');
    };
    await send({ name: 'one' }).expect(500);
    noSteps();
    const again = await send({ name: 'one' }).expect(500);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(again.body).toMatchObject({ code: 'internal_error' });
    expect(await notes()).toBe(1);
  });

  it.each([
    ['validation_failed', new ProblemError('validation_failed')],
    ['forbidden', new ProblemError('forbidden')],
    ['invalid_token', new ProblemError('invalid_token')],
    ['rate_limited', new ProblemError('rate_limited')],
    ['temporarily_unavailable', temporarilyUnavailable('Not now.', 1)],
    ['unauthenticated', new HttpException('of the framework', 401)],
  ])('is never %s: the request can be repeated', async (code, error) => {
    steps.before = () => {
      throw error;
    };
    expect((await send({ name: 'one' })).body).toMatchObject({ code });
    noSteps();
    const again = await send({ name: 'one' }).expect(201);
    expect(again.headers).not.toHaveProperty('idempotency-replayed');
  });

  it('is never a refusal of wrong fields: they can be corrected under the same key', async () => {
    expect((await send({ name: '' }).expect(422)).body).toMatchObject({ code: 'validation_failed' });
    await send({ name: 'one' }).expect(201);
    expect(await notes()).toBe(1);
  });
});

describe('without a key, or on an operation that takes none', () => {
  it('every request is done', async () => {
    for (let sent = 1; sent <= 2; sent += 1) {
      await api.post('notes', { name: 'one' }, tenant.owner.accessToken).expect(201);
      expect(await notes()).toBe(sent);
    }
  });

  it('the key is ignored: an acquire is idempotent by itself', async () => {
    const body = { machine_id: randomUUID() };
    const first = await send(body, { route: 'licenses/acquire' }).expect(201);
    const again = await send(body, { route: 'licenses/acquire' }).expect(200);
    expect(again.headers).not.toHaveProperty('idempotency-replayed');
    expect(again.body).toMatchObject({ session_id: (first.body as { session_id: string }).session_id });
    await send({ machine_id: randomUUID() }, { route: 'licenses/acquire' }).expect(201);
  });

  it('a caller without permission is refused first', async () => {
    await send({ name: 'one' }, { as: tenant.viewer.accessToken }).expect(403);
    expect(await api.db.system.idempotencyKey.count({ where: { tenantId: tenant.id } })).toBe(0);
  });

  it.each(['""', '"unterminated', 'x'.repeat(256), 'tab\there', '"bad \\escape"'])(
    'a malformed key is refused: %j',
    async (header) => {
      const refusal = await send({ name: 'one' }, { header }).expect(400);
      expect(refusal.body).toMatchObject({ code: 'bad_request' });
      expect(await notes()).toBe(0);
    },
  );
});

it('expired keys are deleted, and no other', async () => {
  await send({ name: 'one' }).expect(201);
  api.advance(23 * 3600);
  const { accessToken } = await api.factory.signIn(tenant.owner);
  await send({ name: 'two' }, { as: accessToken, header: 'later' }).expect(201);
  api.advance(2 * 3600);

  expect(await api.app.get(IdempotencyStore).deleteExpired()).toBeGreaterThanOrEqual(1);

  const left = await api.db.system.idempotencyKey.findMany({ where: { tenantId: tenant.id } });
  expect(left.map((row) => row.key)).toEqual(['later']);
});
