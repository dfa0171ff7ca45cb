import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestApp } from '#test/app';
import type { TestTenant } from '#test/factory';
import { noSteps, NotesController, steps } from '#test/notes-controller';
import { temporarilyUnavailable } from '../problems/problem.js';

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

const send = (body: object) => api.post('notes', body, tenant.owner.accessToken).set('idempotency-key', key);
const notes = () => api.db.system.project.count({ where: { tenantId: tenant.id } });
const keyRow = () => api.db.system.idempotencyKey.findFirstOrThrow({ where: { tenantId: tenant.id } });

/** A point where the route waits until the test opens it. */
function gate() {
  let [open, reached] = [() => {}, () => {}];
  const opened = new Promise<void>((resolve) => (open = resolve));
  const arrival = new Promise<void>((resolve) => (reached = resolve));
  const pass = () => {
    reached();
    return opened;
  };
  return { pass, arrival, open };
}

describe('a request that is still running', () => {
  it('makes the repeated one wait, with 409', async () => {
    const { pass, arrival, open } = gate();
    steps.before = pass;
    const running = send({ name: 'one' }).then((answer) => answer);
    await arrival;

    const refusal = await send({ name: 'one' }).expect(409);
    expect(refusal.body).toMatchObject({ code: 'idempotency_in_flight' });
    expect(refusal.headers['retry-after']).toBe('2');

    open();
    expect((await running).status).toBe(201);
    expect((await send({ name: 'one' }).expect(201)).headers['idempotency-replayed']).toBe('true');
  });

  it('loses its key to a repeated one after a minute, and can then commit nothing', async () => {
    const { pass, arrival, open } = gate();
    steps.before = pass;
    const slow = send({ name: 'one' }).then((answer) => answer);
    await arrival;
    noSteps();

    api.advance(61);
    await send({ name: 'one' }).expect(201);
    open();

    const late = await slow;
    expect([late.status, late.body]).toMatchObject([409, { code: 'idempotency_in_flight' }]);
    expect(await notes()).toBe(1);
    expect((await send({ name: 'one' }).expect(201)).headers['idempotency-replayed']).toBe('true');
  });

  it('is not done twice if it dies after its commit: the repeated one is told that the result is unknown', async () => {
    const { pass, arrival, open } = gate();
    steps.after = pass;
    const dying = send({ name: 'one' }).then((answer) => answer);
    await arrival;
    noSteps();
    expect((await keyRow()).appliedAt).not.toBeNull();
    expect((await send({ name: 'one' }).expect(409)).body).toMatchObject({ code: 'idempotency_in_flight' });

    api.advance(61);
    expect((await send({ name: 'one' }).expect(409)).body).toMatchObject({ code: 'idempotency_result_unknown' });
    expect(await notes()).toBe(1);

    // It was only slow: its answer is stored after all.
    open();
    expect((await dying).status).toBe(201);
    expect((await send({ name: 'one' }).expect(201)).headers['idempotency-replayed']).toBe('true');
  });

  it('is not done twice if it ends with 503 after its commit', async () => {
    steps.after = () => {
      throw temporarilyUnavailable('Signing is unavailable.', 1);
    };
    await send({ name: 'one' }).expect(503);
    noSteps();
    expect((await send({ name: 'one' }).expect(409)).body).toMatchObject({ code: 'idempotency_result_unknown' });
    expect(await notes()).toBe(1);
  });
});
