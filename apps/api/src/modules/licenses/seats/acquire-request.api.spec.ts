import { createHash, randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import { newMachine, type TestTenant } from '#test/factory';

let api: TestApp;
let tenant: TestTenant;
beforeAll(async () => {
  api = await sharedApp();
  tenant = await api.factory.tenant({ seatsTotal: 100 });
});

const acquire = (body: object) => api.post('licenses/acquire', body, tenant.member.accessToken);
/** Sends the body as text, for bodies that JSON.stringify does not produce. */
const acquireRaw = (json: string) =>
  api
    .http()
    .post('/api/v1/licenses/acquire')
    .set('authorization', `Bearer ${tenant.member.accessToken}`)
    .set('content-type', 'application/json')
    .send(json);

/** The paths of the wrong fields, from a 422. */
async function refusedFields(body: object): Promise<string[]> {
  const answer = await acquire(body).expect(422);
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(answer.body).toMatchObject({ code: 'validation_failed', status: 422 });
  return (answer.body.errors as { path: string }[]).map(({ path }) => path);
}

describe('a machine id', () => {
  const sha256 = createHash('sha256').update(randomUUID()).digest('hex');

  it.each([
    ['a UUID', randomUUID()],
    ['a SHA-256 in hex', sha256],
  ])('may be %s; in capitals it is the same machine', async (_what, id) => {
    const { body: first } = await acquire({ machine_id: id }).expect(201);
    const { body: again } = await acquire({ machine_id: id.toUpperCase() }).expect(200);
    expect(again.session_id).toBe(first.session_id);
    expect((await api.row(first)).machineId).toBe(id);
  });

  it.each([
    ['missing', undefined],
    ['null', null],
    ['a number', 12_345],
    ['empty', ''],
    ['a name', 'my-laptop'],
    ['a UUID without hyphens', randomUUID().replaceAll('-', '')],
    ['a UUID in braces', `{${randomUUID()}}`],
    ['a UUID with a line break after it', `${randomUUID()}\n`],
    ['a SHA-256 with a digit less', sha256.slice(1)],
    ['a SHA-256 with a letter that is not a hex digit', sha256.replace(/.$/, 'g')],
    ['a list', [randomUUID()]],
  ])('that is %s is refused by name', async (_what, id) => {
    expect(await refusedFields({ machine_id: id })).toEqual(['machine_id']);
  });
});

describe('an acquire request', () => {
  it('with an unknown field is refused, so that a misspelt field is noticed', async () => {
    const { body } = await acquire({ machine_id: newMachine(), licence_key: 'x' }).expect(422);
    expect(body.errors).toMatchObject([{ path: 'licence_key', code: 'unrecognized_keys' }]);
  });

  it('with both license key and product is refused: only one of them can choose the license', async () => {
    const both = { machine_id: newMachine(), license_key: tenant.license.key, product: 'coditect' };
    expect(await refusedFields(both)).toEqual(['product']);
  });

  it.each([
    ['license_key', ''],
    ['license_key', 'x'.repeat(65)],
    ['product', ''],
    ['product', 'x'.repeat(101)],
    ['product', 'a\u0000b'],
    ['features', 'agents'],
    ['features', Array.from({ length: 51 }, (_, i) => `feature-${i}`)],
  ])('with %s %j is refused by name', async (field, value) => {
    expect(await refusedFields({ machine_id: newMachine(), [field]: value })).toEqual([field]);
  });

  it.each(['a\u0000b', 'a\ud800b'])(
    'with a feature that the database cannot hold, %j, is refused by name',
    async (name) => {
      expect(await refusedFields({ machine_id: newMachine(), features: [name] })).toEqual(['features.0']);
    },
  );

  it('is refused with every wrong field named, features by their index', async () => {
    const wrong = { machine_id: 'x', license_key: '', features: ['agents', ''] };
    expect((await refusedFields(wrong)).toSorted()).toEqual(['features.1', 'license_key', 'machine_id']);
  });

  it.each(['[]', '"text"', 'null', '7'])('that is %s instead of an object is refused', async (json) => {
    const { body } = await acquireRaw(json).expect(422);
    expect(body).toMatchObject({ code: 'validation_failed', errors: [{ path: 'body', code: 'invalid_type' }] });
  });

  it('that is not JSON is a 400', async () => {
    const { body } = await acquireRaw('{"machine_id":').expect(400);
    expect(body.code).toBe('malformed_json');
  });

  it('that is refused takes no seat', async () => {
    const { license, member } = await api.factory.tenant();
    await api.post('licenses/acquire', { machine_id: 'x' }, member.accessToken).expect(422);
    expect(await api.seatsHeld(license)).toEqual({ postgres: 0, ledger: 0 });
  });
});

describe('a hardware fingerprint', () => {
  const fingerprintOf = async (machineId: string): Promise<unknown> => {
    const where = { tenantId_machineId: { tenantId: tenant.id, machineId } };
    return (await api.db.system.machine.findUniqueOrThrow({ where })).hardwareFingerprint;
  };

  it('is stored with its machine, kept if a later acquire omits it, and replaced if one sends another', async () => {
    const machine = newMachine();
    const fingerprint = { cpu: { model: 'Ünïcode ☃', cores: 8 }, disks: ['nvme0'], virtual: false, hypervisor: null };
    await acquire({ machine_id: machine, hardware_fingerprint: fingerprint }).expect(201);
    expect(await fingerprintOf(machine)).toEqual(fingerprint);

    const { body } = await acquire({ machine_id: machine }).expect(200);
    await api.release(body.session_token).expect(200);
    await acquire({ machine_id: machine }).expect(201);
    expect(await fingerprintOf(machine)).toEqual(fingerprint);

    const colleague = await api.factory.user(tenant.id, 'member');
    const replaced = { machine_id: machine, hardware_fingerprint: { cpu: 'new' } };
    await api.post('licenses/acquire', replaced, colleague.accessToken).expect(201);
    expect(await fingerprintOf(machine)).toEqual({ cpu: 'new' });
  });

  it('replaces the stored one also if the machine already holds its seat', async () => {
    const machine = newMachine();
    await acquire({ machine_id: machine, hardware_fingerprint: { bios: 1 } }).expect(201);
    await acquire({ machine_id: machine, hardware_fingerprint: { bios: 2 } }).expect(200);
    expect(await fingerprintOf(machine)).toEqual({ bios: 2 });
  });

  it('of 8 KiB is stored', async () => {
    const machine = newMachine();
    const fingerprint = { blob: 'x'.repeat(8 * 1024 - '{"blob":""}'.length) };
    await acquire({ machine_id: machine, hardware_fingerprint: fingerprint }).expect(201);
    expect(await fingerprintOf(machine)).toEqual(fingerprint);
  });

  it.each([
    ['a list', ['cpu']],
    ['a string', 'cpu'],
    ['null', null],
    ['more than 8 KiB', { blob: 'x'.repeat(8 * 1024) }],
    ['more than 8 KiB in fewer characters', { blob: '☃'.repeat(4 * 1024) }],
    ['a NUL character, which the database cannot hold', { cpu: 'a\u0000b' }],
    ['a NUL character in a name', { 'c\u0000pu': 1 }],
    ['half of a surrogate pair, which the database cannot hold', { disks: [{ name: 'a\ud800b' }] }],
  ])('that is or holds %s is refused by name', async (_what, fingerprint) => {
    expect(await refusedFields({ machine_id: newMachine(), hardware_fingerprint: fingerprint })).toEqual([
      'hardware_fingerprint',
    ]);
  });

  it('may contain the text \\u0000, which is not a NUL character', async () => {
    const machine = newMachine();
    await acquire({ machine_id: machine, hardware_fingerprint: { path: 'C:\\u0000' } }).expect(201);
    expect(await fingerprintOf(machine)).toEqual({ path: 'C:\\u0000' });
  });

  it.each([
    ['at its top', '{"__proto__":{"admin":true}}'],
    ['nested', '{"a":{"__proto__":{"admin":true}}}'],
    ['nested and escaped', '{"a":[{"\\u005f\\u005fproto__":{"admin":true}}]}'],
  ])('with the name __proto__ %s is refused before anybody reads it', async (_where, fingerprint) => {
    const { body } = await acquireRaw(`{"machine_id":"${newMachine()}","hardware_fingerprint":${fingerprint}}`).expect(
      400,
    );
    expect(body.code).toBe('malformed_json');
  });
});
