import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import type { TestTenant } from '#test/factory';
import { mailsTo } from '#test/mails';
import { renderMail } from '#modules/mail/mail-templates';

let api: TestApp;
let tenant: TestTenant;
beforeAll(async () => {
  api = await sharedApp();
});
beforeEach(async () => {
  tenant = await api.factory.tenant({ seatsTotal: 1 });
});

const contacts = (token: string, id = tenant.license.id) => api.get(`licenses/${id}/contacts`, token);
const ask = (token: string, id = tenant.license.id) => api.post(`licenses/${id}/seat-requests`, {}, token);
const requests = () => api.auditOf(tenant.license.id, 'license.seat_requested');
const person = ({ id, name, role }: { id: string; name: string; role: string }) => ({ id, name, role });

describe('the users who can free a seat', () => {
  it('are named to a member: owners first, then admins', async () => {
    const { body } = await contacts(tenant.member.accessToken).expect(200);
    expect(body).toEqual({ contacts: [person(tenant.owner), person(tenant.admin)] });
  });

  it('do not include disabled users or the caller', async () => {
    await api.factory.user(tenant.id, 'admin', { status: 'disabled' });
    const { body } = await contacts(tenant.admin.accessToken).expect(200);
    expect(body).toEqual({ contacts: [person(tenant.owner)] });
  });

  it('are not named for a license of another tenant', async () => {
    const other = await api.factory.tenant();
    await contacts(tenant.member.accessToken, other.license.id).expect(404);
    await ask(tenant.member.accessToken, other.license.id).expect(404);
  });
});

describe('asking for a seat', () => {
  it('mails each owner and admin the name of the user and the seats in use, and is audited', async () => {
    await api.takeSeat(tenant.owner);
    const { body } = await ask(tenant.member.accessToken).expect(202);
    expect(body).toEqual({ contacts: [person(tenant.owner), person(tenant.admin)] });
    const data = {
      tenant: tenant.slug,
      person: tenant.member.name,
      product: 'coditect',
      seats_in_use: 1,
      seats_total: 1,
      url: expect.stringMatching(`/sessions\\?license=${tenant.license.id}$`),
    };
    for (const { email } of [tenant.owner, tenant.admin])
      expect(await mailsTo(api, email)).toEqual([{ to: email, template: 'seat_requested', data }]);
    expect(await mailsTo(api, tenant.member.email)).toEqual([]);
    expect(await requests()).toMatchObject([
      { actorId: tenant.member.id, after: { user_id: tenant.member.id, asked: 2 } },
    ]);
    const [mail] = await mailsTo(api, tenant.admin.email);
    expect(renderMail(mail!)).toMatchObject({
      subject: `"${tenant.member.name}" asks for a seat of "${tenant.slug}"`,
      text: expect.stringContaining('1 of 1 are in use'),
    });
  });

  it('works once an hour for each user and license, also for concurrent requests', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => ask(tenant.member.accessToken)));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([202, 429, 429]);
    const refused = await ask(tenant.member.accessToken).expect(429);
    expect(refused.body).toMatchObject({ code: 'rate_limited' });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(3500);
    expect(await mailsTo(api, tenant.owner.email)).toHaveLength(1);

    const second = await api.factory.license(tenant.id);
    await ask(tenant.member.accessToken, second.id).expect(202);
    const colleague = await api.factory.user(tenant.id, 'member');
    await ask(colleague.accessToken).expect(202);
  });

  it('counts requests with an API key as requests of its user', async () => {
    const key = await api.factory.apiKey(tenant.member, ['license_session:acquire']);
    await ask(tenant.member.accessToken).expect(202);
    await ask(key).expect(429);
  });

  it('works again after an hour', async () => {
    const login = await api.factory.signIn(tenant.member);
    await ask(login.accessToken).expect(202);
    api.advance(3601);
    const again = await api.factory.apiKey(tenant.member, ['license_session:acquire']);
    await ask(again).expect(202);
  });

  it('sends no mail if the caller is the only user who could free a seat', async () => {
    await api.db.system.user.updateMany({ where: { id: tenant.admin.id }, data: { status: 'disabled' } });
    const { body } = await ask(tenant.owner.accessToken).expect(202);
    expect(body).toEqual({ contacts: [] });
    expect(await requests()).toEqual([]);
  });

  it('is refused for a license that grants no seats, and to a viewer', async () => {
    await ask(tenant.viewer.accessToken).expect(403);
    await contacts(tenant.viewer.accessToken).expect(403);
    await api.db.system.license.updateMany({ where: { id: tenant.license.id }, data: { status: 'suspended' } });
    const { body } = await ask(tenant.member.accessToken).expect(403);
    expect(body).toMatchObject({ code: 'license_suspended' });
    expect(await mailsTo(api, tenant.owner.email)).toEqual([]);
  });
});
