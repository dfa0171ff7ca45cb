import { Tenant, TenantQuota } from '@coditect/contracts/tenants';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import { newMachine, type TestTenant, type TestUser } from '#test/factory';

let api: TestApp;
let tenant: TestTenant;
beforeAll(async () => {
  api = await sharedApp();
});
beforeEach(async () => {
  tenant = await api.factory.tenant();
});

const read = (by: TestUser) => api.get('tenant', by.accessToken);
const change = (body: object, by: TestUser = tenant.admin) => api.patch('tenant', body, by.accessToken);
const stored = () => api.db.system.tenant.findUniqueOrThrow({ where: { id: tenant.id } });
const giveSecondFactor = ({ id, tenantId }: TestUser) =>
  api.db.system.user.update({ where: { tenantId_id: { tenantId, id } }, data: { totpEnabledAt: new Date() } });

describe('reading the tenant', () => {
  it.each(['owner', 'admin', 'member', 'viewer'] as const)('returns its own tenant to every %s', async (role) => {
    const { body, headers } = await read(tenant[role]).expect(200);
    expect(Tenant.strict().parse(body)).toMatchObject({
      id: tenant.id,
      slug: tenant.slug,
      status: 'active',
      plan_tier: 'team',
      delete_after: null,
      version: 1,
      contact_email: null,
      require_two_factor: false,
    });
    expect(headers['etag']).toBe('"v1"');
  });

  it('needs a sign-in', async () => {
    expect((await api.get('tenant').expect(401)).body.code).toBe('unauthenticated');
  });

  it('is allowed to an API key with the scope', async () => {
    const [fit, unfit] = [
      await api.factory.apiKey(tenant.member, ['tenant:read']),
      await api.factory.apiKey(tenant.member, ['license:read']),
    ];
    expect((await api.get('tenant', fit).expect(200)).body.id).toBe(tenant.id);
    expect((await api.get('tenant', unfit).expect(403)).body.code).toBe('forbidden');
  });
});

describe('when a manager changes settings', () => {
  it('then the response and the next read show them, with the next version', async () => {
    const slug = `${tenant.slug}-new`;
    const wanted = { name: '  Acme Aerospace ', slug, contact_email: 'IT@Acme.Example' };
    const { body, headers } = await change(wanted, tenant.owner).expect(200);
    const shown = { name: 'Acme Aerospace', slug, contact_email: 'it@acme.example', version: 2 };
    expect(Tenant.strict().parse(body)).toMatchObject(shown);
    expect(headers['etag']).toBe('"v2"');
    expect((await read(tenant.viewer).expect(200)).body).toEqual(body);
  });

  it('then only differing fields are changed and audited, with before and after', async () => {
    await change({ name: 'Acme', slug: tenant.slug, contact_email: null }, tenant.owner).expect(200);
    expect(await api.auditOf(tenant.id)).toMatchObject([
      {
        action: 'tenant.updated',
        resourceType: 'tenant',
        actorId: tenant.owner.id,
        before: { name: tenant.slug },
        after: { name: 'Acme' },
      },
    ]);
  });

  it('then, if nothing differs, nothing is written', async () => {
    const before = await stored();
    expect((await change({ name: tenant.slug }).expect(200)).body.version).toBe(1);
    await change({}).expect(200);
    expect(await stored()).toEqual(before);
    expect(await api.auditOf(tenant.id)).toEqual([]);
  });

  it('then the contact e-mail can be removed again', async () => {
    await change({ contact_email: 'it@acme.example' }).expect(200);
    expect((await change({ contact_email: null }).expect(200)).body.contact_email).toBeNull();
  });

  it('then members and viewers cannot', async () => {
    for (const role of ['member', 'viewer'] as const)
      expect((await change({ name: 'Mine' }, tenant[role]).expect(403)).body).toMatchObject({
        code: 'forbidden',
        permission: 'tenant:update',
      });
    expect((await stored()).name).toBe(tenant.slug);
  });

  it.each([
    ['name', { name: ' ' }],
    ['name', { name: 'x'.repeat(201) }],
    ['name', { name: 'a\0b' }],
    ['slug', { slug: 'Acme' }],
    ['slug', { slug: '-acme' }],
    ['slug', { slug: 'a'.repeat(64) }],
    ['slug', { slug: 'api' }],
    ['slug', { slug: 'www' }],
    ['slug', { slug: 'status' }],
    ['contact_email', { contact_email: 'nobody' }],
    ['require_two_factor', { require_two_factor: 'yes' }],
    ['plan_tier', { plan_tier: 'enterprise' }],
    ['status', { status: 'active' }],
  ])('then the error names a wrong %s: %j', async (path, body) => {
    const { body: problem } = await change(body).expect(422);
    expect(problem).toMatchObject({ code: 'validation_failed', errors: [{ path }] });
    expect((await stored()).version).toBe(1);
  });

  it('then another tenant does not change', async () => {
    const other = await api.factory.tenant();
    await change({ name: 'Mine', contact_email: 'mine@acme.example' }).expect(200);
    expect((await read(other.owner).expect(200)).body).toMatchObject({
      name: other.slug,
      contact_email: null,
      version: 1,
    });
  });
});

describe('when a change names the version it was made for', () => {
  const changeVersion = (tag: string, body: object) => change(body).set('if-match', tag);

  it('then it is made only for that version', async () => {
    await changeVersion('"v1"', { name: 'First' }).expect(200);
    expect((await changeVersion('"v1"', { name: 'Second' }).expect(412)).body.code).toBe('precondition_failed');
    expect(await stored()).toMatchObject({ name: 'First', version: 2 });
  });

  it('then only one of two concurrent changes of the same version succeeds', async () => {
    const answers = await Promise.all(['One', 'Two'].map((name) => changeVersion('"v1"', { name })));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 412]);
    expect((await stored()).version).toBe(2);
  });
});

describe('a slug', () => {
  it('of another tenant is refused, although row-level security hides that tenant', async () => {
    const other = await api.factory.tenant();
    const { body } = await change({ slug: other.slug, name: 'Both or none' }, tenant.owner).expect(409);
    expect(body).toMatchObject({ code: 'slug_taken' });
    expect(await stored()).toMatchObject({ slug: tenant.slug, name: tenant.slug, version: 1 });
  });

  it('that ten tenants request at once goes to one of them', async () => {
    const tenants = await Promise.all(Array.from({ length: 10 }, () => api.factory.tenant()));
    const slug = `wanted-${tenant.slug}`;
    const answers = await Promise.all(tenants.map(({ owner }) => change({ slug }, owner)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ body }) => body.code === 'slug_taken')).toHaveLength(9);
  });

  it('can be changed by an owner only; an admin may send the unchanged one', async () => {
    expect((await change({ slug: `${tenant.slug}-new` }, tenant.admin).expect(403)).body.code).toBe('forbidden');
    await change({ slug: tenant.slug, name: 'Acme' }, tenant.admin).expect(200);
    expect((await stored()).slug).toBe(tenant.slug);
  });

  it('that was released stays reserved for its former tenant for 90 days, and is free then', async () => {
    const other = await api.factory.tenant();
    await change({ slug: `${tenant.slug}-new` }, tenant.owner).expect(200);
    expect((await change({ slug: tenant.slug }, other.owner).expect(409)).body.code).toBe('slug_taken');
    await change({ slug: tenant.slug }, tenant.owner).expect(200);
    await change({ slug: `${tenant.slug}-again` }, tenant.owner).expect(200);
    await api.db.system.releasedSlug.updateMany({
      where: { slug: tenant.slug },
      data: { releasedAt: new Date(Date.now() - 90 * 24 * 3600 * 1000) },
    });
    await change({ slug: tenant.slug }, other.owner).expect(200);
  });

  it('that is released while another tenant requests it does not go to that tenant', async () => {
    const other = await api.factory.tenant();
    const answers = await Promise.all([
      change({ slug: `${tenant.slug}-new` }, tenant.owner),
      ...[1, 2, 3].map(() => change({ slug: tenant.slug }, other.owner)),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 409, 409, 409]);
  });
});

describe('requiring a second factor of all users', () => {
  it('is refused to a manager who has none', async () => {
    expect((await change({ require_two_factor: true, name: 'Safe' }).expect(409)).body.code).toBe(
      'two_factor_not_enabled',
    );
    expect(await stored()).toMatchObject({ requireTwoFactor: false, name: tenant.slug });
  });

  it('is allowed to a manager who has one, and audited', async () => {
    await giveSecondFactor(tenant.admin);
    expect((await change({ require_two_factor: true }).expect(200)).body.require_two_factor).toBe(true);
    expect(await api.auditOf(tenant.id, 'tenant.updated')).toMatchObject([
      { before: { require_two_factor: false }, after: { require_two_factor: true } },
    ]);
  });
});

describe('reading the quota', () => {
  const quota = async (by: TestUser = tenant.viewer) =>
    TenantQuota.strict().parse((await api.get('tenant/quota', by.accessToken).expect(200)).body);

  it('returns the limits of the plan and their use', async () => {
    expect(await quota()).toEqual({
      plan_tier: 'team',
      features: ['editor', 'agents', 'collaboration'],
      users: { limit: 50, used: 4, pending_invitations: 0 },
      projects: { limit: 100, used: 0 },
      licenses: [
        { license_id: tenant.license.id, product: 'coditect', status: 'active', seats_total: 3, seats_in_use: 0 },
      ],
    });
  });

  it('counts disabled users and open invitations, not removed users and closed invitations', async () => {
    const tenantId = tenant.id;
    await api.factory.user(tenantId, 'member', { status: 'disabled' });
    await api.factory.user(tenantId, 'member', { status: 'removed' });
    const [past, later] = [new Date(Date.now() - 1000), new Date(Date.now() + 60_000)];
    for (const [i, state] of [
      { expiresAt: later },
      { expiresAt: past },
      { expiresAt: later, revokedAt: past },
      { expiresAt: later, acceptedAt: past },
    ].entries())
      await api.db.system.invitation.create({
        data: {
          tenantId,
          email: `new${i}@example.test`,
          role: 'member',
          invitedBy: tenant.owner.id,
          tokenHash: Buffer.alloc(32, i),
          ...state,
        },
      });
    expect((await quota()).users).toEqual({ limit: 50, used: 6, pending_invitations: 1 });
  });

  it('counts active projects only', async () => {
    const [tenantId, ownerId] = [tenant.id, tenant.member.id];
    const project = { tenantId, ownerId, name: 'P' };
    await api.db.system.project.createMany({ data: [project, { ...project, status: 'archived' }, project] });
    expect((await quota()).projects).toEqual({ limit: 100, used: 2 });
  });

  it('returns the seats of each license, and does not count lapsed sessions', async () => {
    const { id } = await api.factory.license(tenant.id, { product: 'reports', seatsTotal: 5, status: 'suspended' });
    await api.takeSeat(tenant.member);
    await api.takeSeat(tenant.member);
    await api.db.system.licenseSession.updateMany({
      where: { tenantId: tenant.id, seatNo: 2 },
      data: { leaseExpiresAt: new Date(Date.now() - 1000) },
    });
    expect((await quota()).licenses).toMatchObject([
      { license_id: tenant.license.id, seats_total: 3, seats_in_use: 1 },
      { license_id: id, product: 'reports', status: 'suspended', seats_total: 5, seats_in_use: 0 },
    ]);
  });

  it('counts nothing of another tenant', async () => {
    const other = await api.factory.tenant();
    await api.takeSeat(other.member, { machine_id: newMachine() });
    expect((await quota()).licenses).toHaveLength(1);
    expect((await quota()).licenses[0]?.seats_in_use).toBe(0);
  });
});
