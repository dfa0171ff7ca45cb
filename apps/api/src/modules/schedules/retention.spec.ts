import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestApp } from '#test/app';
import type { TestTenant } from '#test/factory';
import { Clock } from '#platform/clock';
import { Retention } from './retention.js';

const DAY_MS = 24 * 3600 * 1000;

let api: TestApp;
let tenant: TestTenant;
let retention: Retention;
const clock = new Clock();
beforeAll(async () => {
  api = await TestApp.start();
  retention = new Retention(api.db, clock);
});
afterAll(() => api.stop());
beforeEach(async () => {
  clock.offsetMs = 0;
  await retention.run(); // delete what other tests have left
  tenant = await api.factory.tenant();
});

/** The time this many days ago; in the future if negative. */
const ago = (days: number) => new Date(Date.now() - days * DAY_MS);
const someBytes = () => Uint8Array.from(randomBytes(32));
const idsOf = (rows: { id: string }[]) => rows.map(({ id }) => id).toSorted();

async function login(dates: { expiresAt?: Date; revokedAt?: Date }, tokens = 2): Promise<string> {
  const of = { tenantId: tenant.id, userId: tenant.member.id };
  const expiresAt = dates.expiresAt ?? ago(-30);
  const { id } = await api.db.system.login.create({ data: { ...of, method: 'password', expiresAt, ...dates } });
  await api.db.system.refreshToken.createMany({
    data: Array.from({ length: tokens }, () => ({ ...of, familyId: id, tokenHash: someBytes(), expiresAt })),
  });
  return id;
}

describe('given logins and their refresh tokens', () => {
  it('then those that expired or were revoked more than 30 days ago are deleted, and all others stay', async () => {
    await login({ expiresAt: ago(31) });
    await login({ revokedAt: ago(31) });
    const kept = [await login({}), await login({ expiresAt: ago(29) }), await login({ revokedAt: ago(29) })];
    expect(await retention.run()).toMatchObject({ logins: 2, refresh_tokens: 4 });
    const where = { tenantId: tenant.id, userId: tenant.member.id, id: { not: tenant.member.loginId } };
    expect(idsOf(await api.db.system.login.findMany({ where }))).toEqual(kept.toSorted());
    expect(await api.db.system.refreshToken.count({ where: { tenantId: tenant.id } })).toBe(6);
    await api.get('auth/me', tenant.member.accessToken).expect(200);
  });

  it('then a login with more tokens than one statement deletes is deleted with all of them', async () => {
    await login({ revokedAt: ago(31) }, 450);
    expect(await retention.run()).toMatchObject({ logins: 1, refresh_tokens: 450 });
  });

  it('then the last activity of their users falls back to the last sign-in', async () => {
    const user = await api.factory.user(tenant.id, 'member', { lastLoginAt: ago(40) });
    const where = { tenantId: tenant.id, userId: user.id };
    await api.db.system.login.updateMany({ where, data: { lastUsedAt: ago(35), revokedAt: ago(35) } });
    const seenAt = async () =>
      (await api.get(`users/${user.id}`, tenant.owner.accessToken)).body.last_seen_at as string;
    expect(Date.parse(await seenAt())).toBeGreaterThan(ago(36).getTime());
    await retention.run();
    expect(Date.parse(await seenAt())).toBeCloseTo(ago(40).getTime(), -5);
  });
});

describe('given messages of the outbox', () => {
  it('then those published more than a week ago are deleted; pending and dead ones stay, however old', async () => {
    const message = (data: object) =>
      api.db.system.outboxMessage.create({ data: { tenantId: tenant.id, topic: 'email', payload: {}, ...data } });
    await message({ publishedAt: ago(8) });
    const kept = [
      await message({ publishedAt: ago(6) }),
      await message({ createdAt: ago(100), deadAt: ago(98) }),
      await message({ createdAt: ago(100) }),
    ];
    expect(await retention.run()).toMatchObject({ outbox: 1 });
    const left = await api.db.system.outboxMessage.findMany({ where: { tenantId: tenant.id } });
    expect(idsOf(left)).toEqual(idsOf(kept));
  });
});

describe('given invitations', () => {
  it('then those accepted, revoked or expired more than 90 days ago are deleted', async () => {
    const invitation = (data: { expiresAt?: Date; acceptedAt?: Date; revokedAt?: Date }) =>
      api.db.system.invitation.create({
        data: {
          tenantId: tenant.id,
          email: `${randomUUID()}@example.test`,
          role: 'member',
          tokenHash: someBytes(),
          invitedBy: tenant.owner.id,
          expiresAt: ago(-7),
          ...data,
        },
      });
    for (const field of ['expiresAt', 'acceptedAt', 'revokedAt']) await invitation({ [field]: ago(91) });
    const kept = [await invitation({})];
    for (const field of ['expiresAt', 'acceptedAt', 'revokedAt']) kept.push(await invitation({ [field]: ago(89) }));
    expect(await retention.run()).toMatchObject({ invitations: 3 });
    const left = await api.db.system.invitation.findMany({ where: { tenantId: tenant.id } });
    expect(idsOf(left)).toEqual(idsOf(kept));
  });
});

describe('given one-time links and device authorizations', () => {
  it('then they are deleted a day after their use or expiry', async () => {
    const token = (data: { expiresAt?: Date; usedAt?: Date }) =>
      api.db.system.oneTimeToken.create({
        data: {
          tenantId: tenant.id,
          userId: tenant.member.id,
          purpose: 'password_reset',
          email: 'a@example.test',
          tokenHash: someBytes(),
          expiresAt: ago(-1),
          ...data,
        },
      });
    const device = (expiresAt: Date) =>
      api.db.system.deviceAuthorization.create({
        data: {
          deviceCodeHash: someBytes(),
          userCode: randomUUID(),
          clientName: 'a laptop',
          intervalSeconds: 5,
          expiresAt,
        },
      });
    await token({ expiresAt: ago(2) });
    await token({ usedAt: ago(2) });
    const kept = [await token({}), await token({ expiresAt: ago(0.5) })];
    await device(ago(2));
    const waiting = await device(ago(-1));
    expect(await retention.run()).toMatchObject({ one_time_tokens: 2, device_authorizations: 1 });
    const left = await api.db.system.oneTimeToken.findMany({ where: { tenantId: tenant.id } });
    expect(idsOf(left)).toEqual(idsOf(kept));
    expect(idsOf(await api.db.system.deviceAuthorization.findMany())).toEqual([waiting.id]);
  });
});

describe('given API keys', () => {
  it('then they are deleted a year after they were revoked or expired; a key without an end stays', async () => {
    const key = (data: { expiresAt?: Date; revokedAt?: Date }) =>
      api.db.system.apiKey.create({
        data: {
          tenantId: tenant.id,
          userId: tenant.member.id,
          name: 'CI',
          prefix: 'cak_',
          keyHash: someBytes(),
          scopes: [],
          createdAt: ago(800),
          ...data,
        },
      });
    await key({ revokedAt: ago(366) });
    await key({ expiresAt: ago(366) });
    const kept = [await key({}), await key({ revokedAt: ago(364) }), await key({ expiresAt: ago(364) })];
    expect(await retention.run()).toMatchObject({ api_keys: 2 });
    expect(idsOf(await api.db.system.apiKey.findMany({ where: { tenantId: tenant.id } }))).toEqual(idsOf(kept));
  });
});

describe('given many rows to delete', () => {
  it('then a run ends at its time limit, and the next continues', async () => {
    await login({ revokedAt: ago(31) });
    expect(await retention.run(0)).toMatchObject({ logins: 0, refresh_tokens: 0 });
    expect(await retention.run()).toMatchObject({ logins: 1, refresh_tokens: 2 });
  });

  it('then two workers at once delete each row once', async () => {
    for (let i = 0; i < 20; i += 1) await login({ revokedAt: ago(31) }, 30);
    const runs = await Promise.all([retention.run(), new Retention(api.db, clock).run()]);
    expect(runs.reduce((sum, run) => sum + run['refresh_tokens']!, 0)).toBe(600);
    const rest = await retention.run();
    expect(runs.reduce((sum, run) => sum + run['logins']!, rest['logins']!)).toBe(20);
  });

  it('then Clock decides what is old', async () => {
    const id = await login({ revokedAt: ago(0) });
    clock.offsetMs = 31 * DAY_MS;
    await retention.run();
    expect(await api.db.system.login.count({ where: { id } })).toBe(0);
  });
});
