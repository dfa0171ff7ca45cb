import { randomBytes, randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Prisma } from '../src/generated/prisma/client.js';
import { runAsTenant } from '../src/tenant-context.js';
import { openDatabase } from './open-database.js';
import { createTenantRows } from './tenant-rows.js';

const MINUTE_MS = 60_000;

const { db } = await openDatabase({ poolSize: 8 });
const tenant = await createTenantRows(db, 'one');
const other = await createTenantRows(db, 'two');
const asTenant = <T>(work: () => PromiseLike<T>) => runAsTenant(tenant.id, work);
const now = Date.now();
const at = (minutes: number) => new Date(now + minutes * MINUTE_MS);
const secret = (bytes: number) => new Uint8Array(randomBytes(bytes));

type Row = Prisma.LicenseSessionUncheckedCreateInput;
const ENDED = { status: 'expired', endedAt: at(6), endReason: 'lease_expired' } as const;

/** Inserts an active license session of the one license, by default on seat 1 and on a new machine. */
async function grant(changes: Partial<Row> = {}): Promise<{ id: string }> {
  const machineId = changes.machineId ?? (await newMachine());
  const row: Row = {
    tenantId: tenant.id,
    licenseId: tenant.licenseId,
    userId: tenant.userId,
    machineId,
    seatNo: 1,
    startedAt: at(0),
    lastHeartbeatAt: at(0),
    leaseExpiresAt: at(6),
    expiresAt: at(480),
    tokenSalt: secret(16),
    tokenHash: secret(32),
  };
  return asTenant(() => db.tenant.licenseSession.create({ data: { ...row, ...changes }, select: { id: true } }));
}
async function newMachine(): Promise<string> {
  const machineId = randomUUID();
  await asTenant(() => db.tenant.machine.create({ data: { tenantId: tenant.id, machineId } }));
  return machineId;
}
async function newLicense(): Promise<string> {
  const data = { tenantId: tenant.id, key: randomUUID(), product: 'ide', planTier: 'pro', seatsTotal: 1 } as const;
  return (await db.system.license.create({ data })).id;
}
async function newUser(): Promise<string> {
  const data = { tenantId: tenant.id, email: `${randomUUID()}@example.com`, name: 'User' };
  return (await asTenant(() => db.tenant.user.create({ data }))).id;
}
const end = (id: string, changes: Partial<Row> = ENDED) =>
  asTenant(() =>
    db.tenant.licenseSession.update({ where: { tenantId_id: { tenantId: tenant.id, id } }, data: changes }),
  );
const active = () => asTenant(() => db.tenant.licenseSession.count({ where: { status: 'active' } }));

const TAKEN = { code: 'P2002' };

beforeEach(() => db.system.licenseSession.deleteMany());

describe('a seat', () => {
  it('has at most one active license session', async () => {
    await grant({ seatNo: 1 });

    await expect(grant({ seatNo: 1, userId: await newUser() })).rejects.toMatchObject(TAKEN);
    await grant({ seatNo: 2 });
    expect(await active()).toBe(2);
  });

  it('goes to exactly one of many concurrent inserts', async () => {
    const machines = await Promise.all(Array.from({ length: 20 }, newMachine));

    const grants = await Promise.allSettled(machines.map((machineId) => grant({ machineId, seatNo: 1 })));

    expect(grants.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(grants.flatMap((g) => (g.status === 'rejected' ? [g.reason] : []))).toEqual(
      Array.from({ length: 19 }, () => expect.objectContaining(TAKEN)),
    );
    expect(await active()).toBe(1);
  });

  it.each(['released', 'expired', 'revoked'] as const)('is free again when its session is %s', async (status) => {
    const { id } = await grant();
    await end(id, { ...ENDED, status });

    await grant();

    expect(await active()).toBe(1);
  });

  it('cannot be taken by reactivating an ended session', async () => {
    const { id } = await grant();
    await end(id);
    await grant();

    await expect(end(id, { status: 'active', endedAt: null, endReason: null })).rejects.toMatchObject(TAKEN);
  });

  it('cannot be taken by moving an active session to it', async () => {
    await grant({ seatNo: 1 });
    const { id } = await grant({ seatNo: 2 });

    await expect(end(id, { seatNo: 1 })).rejects.toMatchObject(TAKEN);
  });

  it('may have any number of ended sessions', async () => {
    for (let i = 0; i < 3; i++) await grant({ ...ENDED, machineId: tenant.machineId });

    expect(await asTenant(() => db.tenant.licenseSession.count({ where: { seatNo: 1, status: 'expired' } }))).toBe(3);
  });

  it('is separate for each license and each tenant', async () => {
    await grant();
    await grant({ licenseId: await newLicense() });
    const theirs = { tenantId: other.id, licenseId: other.licenseId, userId: other.userId, machineId: other.machineId };
    await expect(grant(theirs)).rejects.toThrow('row-level security');
    expect(await active()).toBe(2);
  });
});

describe('a user on a machine', () => {
  const { machineId } = tenant;

  it('holds at most one seat of a license', async () => {
    await grant({ machineId, seatNo: 1 });

    await expect(grant({ machineId, seatNo: 2 })).rejects.toMatchObject(TAKEN);
    expect(await active()).toBe(1);
  });

  it('gets one seat from several concurrent inserts', async () => {
    const grants = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => grant({ machineId, seatNo: i + 1 })));

    expect(grants.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await active()).toBe(1);
  });

  it('does not block the same user on another machine, nor another user on the same machine', async () => {
    await grant({ machineId, seatNo: 1 });
    await grant({ seatNo: 2 });
    await grant({ machineId, seatNo: 3, userId: await newUser() });

    expect(await active()).toBe(3);
  });

  it('may take a seat again after each session has ended', async () => {
    for (let i = 0; i < 3; i++) await end((await grant({ machineId })).id);

    await grant({ machineId });
    expect(await active()).toBe(1);
  });
});

describe('a license session', () => {
  it.each<[string, Partial<Row>, string]>([
    ['has a seat number from 1', { seatNo: 0 }, 'license_sessions_seat_check'],
    ['has a lease that ends no later than itself', { leaseExpiresAt: at(481) }, 'license_sessions_lease_check'],
    ['that is active has no end', { endedAt: at(1) }, 'license_sessions_end_check'],
    ['that is active has no end reason', { endReason: 'released' }, 'license_sessions_end_check'],
    ['that has ended has an end time', { ...ENDED, endedAt: null }, 'license_sessions_end_check'],
    ['that has ended has an end reason', { ...ENDED, endReason: null }, 'license_sessions_end_check'],
    ['has a token hash of 256 bits', { tokenHash: secret(31) }, 'license_sessions_token_check'],
    ['has a token salt of at least 128 bits', { tokenSalt: secret(15) }, 'license_sessions_token_check'],
  ])('%s', async (_rule, broken, constraint) => {
    await expect(grant(broken)).rejects.toThrow(constraint);

    const { id } = await grant();
    await expect(end(id, broken)).rejects.toThrow(constraint);
  });

  it('may have a lease up to its own end, and its end cannot move before its lease', async () => {
    const { id } = await grant({ leaseExpiresAt: at(480) });

    await expect(end(id, { expiresAt: at(479) })).rejects.toThrow('license_sessions_lease_check');
  });

  it.each<[string, Partial<Row>]>([
    ['license', { licenseId: randomUUID() }],
    ['user', { userId: randomUUID() }],
    ['machine', { machineId: randomUUID() }],
    ['license of its own tenant', { licenseId: other.licenseId }],
    ['user of its own tenant', { userId: other.userId }],
    ['machine of its own tenant', { machineId: other.machineId }],
  ])('needs an existing %s', async (_what, missing) => {
    await expect(grant(missing)).rejects.toMatchObject({ code: 'P2003' });
  });

  it('prevents the deletion of its license, user and machine', async () => {
    const [licenseId, userId, machineId] = [await newLicense(), await newUser(), await newMachine()];
    await grant({ licenseId, userId, machineId });
    const remove = (table: string, column: string, value: string) =>
      db.systemQuery(`DELETE FROM ${table} WHERE tenant_id = $1 AND ${column} = $2`, [tenant.id, value]);
    const keptBy = (constraint: string) => ({ code: '23001', constraint });

    await expect(remove('licenses', 'id', licenseId)).rejects.toMatchObject(
      keptBy('license_sessions_tenant_id_license_id_fkey'),
    );
    await expect(remove('users', 'id', userId)).rejects.toMatchObject(
      keptBy('license_sessions_tenant_id_user_id_fkey'),
    );
    await expect(remove('machines', 'machine_id', machineId)).rejects.toMatchObject(
      keptBy('license_sessions_tenant_id_machine_id_fkey'),
    );
  });
});

describe('a license', () => {
  const { tenantId, id } = { tenantId: tenant.id, id: tenant.licenseId };
  it.each([
    ['fewer than no seats', { seatsTotal: -1 }, 'licenses_seats_check'],
    ['no lease', { leaseSeconds: 0 }, 'licenses_lease_check'],
    ['a lease longer than its sessions', { leaseSeconds: 60, sessionSeconds: 59 }, 'licenses_lease_check'],
  ])('cannot have %s', async (_what, data, constraint) => {
    await expect(db.system.license.update({ where: { tenantId_id: { tenantId, id } }, data })).rejects.toThrow(
      constraint,
    );
  });

  it('may have no seats at all', async () => {
    const where = { tenantId_id: { tenantId, id } };

    expect(await db.system.license.update({ where, data: { seatsTotal: 0 } })).toMatchObject({ seatsTotal: 0 });
  });
});
