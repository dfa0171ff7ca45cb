import { randomBytes, randomUUID } from 'node:crypto';
import { User } from '@coditect/contracts/users';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import { DataExports } from '#test/data-exports';
import { newMachine, type TestTenant, type TestUser } from '#test/factory';
import { mailsTo } from '#test/mails';
import { giveWaysIn } from '#test/ways-in';

let api: TestApp;
let tenant: TestTenant;
beforeAll(async () => {
  api = await sharedApp();
});
beforeEach(async () => {
  tenant = await api.factory.tenant({ seatsTotal: 100 });
});

const erase = (user: { id: string }) => api.post(`users/${user.id}/erase`, {}, tenant.owner.accessToken);
const remove = (user: { id: string }) => api.delete(`users/${user.id}`, tenant.owner.accessToken).expect(204);
const invite = (email: string) =>
  api.post('users/invitations', { email, role: 'member' }, tenant.owner.accessToken).expect(201);
const mailTo = (to: string, data: { deadAt?: Date; publishedAt?: Date } = {}) =>
  api.db.system.outboxMessage.create({
    data: { tenantId: tenant.id, topic: 'email', payload: { to, template: 'password_changed' }, ...data },
  });

/** Returns all audit entries of the tenant as text. */
const textOfAudit = async () =>
  JSON.stringify(await api.db.system.auditLog.findMany({ where: { tenantId: tenant.id }, omit: { sequence: true } }));

describe('when a person is erased', () => {
  it('then no personal data is left in the user, its logins, its invitation and the audit entries', async () => {
    await giveWaysIn(api, tenant.member);
    const { email } = tenant.member;
    await api.db.system.invitation.create({
      data: {
        tenantId: tenant.id,
        email,
        role: 'member',
        tokenHash: randomBytes(32),
        invitedBy: tenant.owner.id,
        expiresAt: new Date(),
        acceptedAt: new Date(),
      },
    });
    await api.patch('auth/me', { name: 'Grace Hopper' }, tenant.member.accessToken).expect(200);
    await api.takeSeat(tenant.member);
    expect(await textOfAudit()).toContain(email);

    const { body } = await erase(tenant.member).expect(200);
    expect(User.strict().parse(body)).toMatchObject({
      id: tenant.member.id,
      name: 'Erased user',
      email: `removed-${tenant.member.id}@removed.invalid`,
      status: 'removed',
      last_login_at: null,
      last_seen_at: null,
      seats_held: 0,
    });
    const where = { userId: tenant.member.id };
    expect(await api.db.system.login.count({ where })).toBe(0);
    expect(await api.db.system.refreshToken.count({ where })).toBe(0);
    expect(await api.db.system.invitation.count({ where: { email } })).toBe(0);
    const audit = await textOfAudit();
    for (const trace of [email, 'Grace Hopper']) expect(audit).not.toContain(trace);
    expect(audit).toContain(tenant.owner.email);
    expect(await api.auditOf(tenant.member.id, 'user.erased')).toMatchObject([{ actorId: tenant.owner.id }]);
  });

  it('then the audit chain is still valid', async () => {
    await api.patch('auth/me', { name: 'Grace Hopper' }, tenant.member.accessToken).expect(200);
    await erase(tenant.member).expect(200);
    const { body } = await api.get('audit-logs/verify', tenant.owner.accessToken).expect(200);
    expect(body.valid).toBe(true);
  });

  it('then its license sessions end, as for a removed user', async () => {
    const seat = await api.takeSeat(tenant.member);
    await erase(tenant.member).expect(200);
    expect((await api.heartbeat(seat.session_token).expect(403)).body.code).toBe('user_removed');
    expect(await api.seatsHeld(tenant.license)).toEqual({ postgres: 0, ledger: 0 });
  });

  it('then it can be erased long after its removal, and again', async () => {
    const { email } = tenant.member;
    await api.patch('auth/me', { name: 'Grace Hopper' }, tenant.member.accessToken).expect(200);
    await remove(tenant.member);
    expect(await textOfAudit()).toContain(email);
    await erase(tenant.member).expect(200);
    expect(await textOfAudit()).not.toContain(email);
    expect((await erase(tenant.member).expect(200)).body.name).toBe('Erased user');
  });

  it('then its unsent mails are deleted, failed ones too; those to others stay', async () => {
    const { email } = tenant.member;
    await mailTo(email);
    await mailTo(email, { deadAt: new Date() });
    await mailTo(tenant.admin.email);
    await erase(tenant.member).expect(200);
    expect(await mailsTo(api, email)).toEqual([]);
    expect(await mailsTo(api, tenant.admin.email)).toHaveLength(1);
  });

  it('then an invitation of another person with its former address stays, and so does its mail', async () => {
    const { email } = tenant.member;
    await remove(tenant.member);
    await invite(email);
    await erase(tenant.member).expect(200);
    expect(await mailsTo(api, email)).toHaveLength(1);
    expect(await api.db.system.invitation.count({ where: { email, revokedAt: null } })).toBe(1);
  });

  it('then the devices that it approved are deleted, and no others', async () => {
    const device = ({ id, tenantId }: TestUser) =>
      api.db.system.deviceAuthorization.create({
        data: {
          deviceCodeHash: randomBytes(32),
          userCode: randomUUID(),
          clientName: 'cli',
          status: 'used',
          intervalSeconds: 5,
          ip: '192.0.2.7',
          approvedTenantId: tenantId,
          approvedUserId: id,
          expiresAt: new Date(),
        },
      });
    await device(tenant.member);
    await device(tenant.admin);
    await erase(tenant.member).expect(200);
    const left = await api.db.system.deviceAuthorization.findMany({ where: { approvedTenantId: tenant.id } });
    expect(left).toMatchObject([{ approvedUserId: tenant.admin.id }]);
  });

  it('then the hardware fingerprints of machines that only it has used are deleted', async () => {
    const [own, shared, others] = [newMachine(), newMachine(), newMachine()];
    const use = async (user: TestUser, machine: string) => {
      const body = { machine_id: machine, hardware_fingerprint: { mac: '00-00-5E-00-53-01' } };
      await api.release((await api.takeSeat(user, body)).session_token).expect(200);
    };
    await use(tenant.member, own);
    await use(tenant.member, shared);
    await use(tenant.admin, shared);
    await use(tenant.admin, others);
    await erase(tenant.member).expect(200);
    const machines = await api.db.system.machine.findMany({ where: { tenantId: tenant.id } });
    const known = machines.filter(({ hardwareFingerprint }) => hardwareFingerprint !== null);
    expect(machines).toHaveLength(3);
    expect(known.map(({ machineId }) => machineId).toSorted()).toEqual([shared, others].toSorted());
  });

  it('then earlier exports cannot be downloaded, and the next cleanup deletes their files', async () => {
    const exports = new DataExports(api);
    const { id } = await exports.request(tenant.owner);
    await exports.run(id, tenant.owner);
    await exports.download(id, tenant.owner).expect(200);
    await erase(tenant.member).expect(200);
    await exports.download(id, tenant.owner).expect(404);
    await exports.cleanUp();
    expect(await exports.filesOf(tenant.owner)).toEqual([]);
    expect((await exports.read(id, tenant.owner)).status).toBe('expired');
  });

  it('then a running export does not complete with the data that it has read before', async () => {
    const exports = new DataExports(api);
    const { id } = await exports.request(tenant.owner);
    await api.db.system.dataExport.updateMany({ where: { id }, data: { status: 'running' } });
    await erase(tenant.member).expect(200);
    expect((await exports.read(id, tenant.owner)).status).toBe('failed');
    await exports.run(id, tenant.owner); // as the outbox repeats it
    expect((await exports.read(id, tenant.owner)).status).toBe('ready');
  });
});

describe('given thousands of entries, when the erasure breaks off in the middle', () => {
  it('then it can be called again and finishes, although the person has been removed by then', async () => {
    const { email } = tenant.member;
    await remove(tenant.member);
    const verify = () => api.get('audit-logs/verify', tenant.owner.accessToken).expect(200);
    await verify(); // seals; the address is among the first entries
    await api.db.systemQuery(
      `INSERT INTO audit_logs (tenant_id, id, occurred_at, actor_type, actor_id, actor_name, action, resource_type, after)
       SELECT $1, gen_random_uuid(), now() - interval '1 minute', 'user', $2, 'bob@acme.example', 'a.b', 'c',
         jsonb_build_object('to', $3::text) FROM generate_series(1, 1500) AS n`,
      [tenant.id, tenant.admin.id, email],
    );
    await verify();
    await api.db.systemTx(async (tx) => {
      await tx.$queryRaw`
        SELECT 1 FROM audit_logs WHERE tenant_id = ${tenant.id}::uuid AND sequence = 1400 FOR UPDATE`;
      expect((await erase(tenant.member)).status).toBeGreaterThanOrEqual(500); // it waits for the row, and times out
    });
    expect(await textOfAudit()).toContain(email);
    await erase(tenant.member).expect(200);
    expect(await textOfAudit()).not.toContain(email);
    expect((await verify()).body.valid).toBe(true);
  });
});
