import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { TokenResponse } from '@coditect/contracts/auth';
import { InviteResponse } from '@coditect/contracts/invitations';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestApp } from '#test/app';
import { newMonth, TestArchiver } from '#test/audit-archives';
import { verifyAudit, writeEntries } from '#test/audit-entries';
import type { TestTenant } from '#test/factory';
import { mailsTo, tokenIn } from '#test/mails';
import { tablesWith } from '#test/stored-text';
import { LocalArchiveStore } from '#modules/audit-archive/stores/local-archive-store';

const PASSWORD = 'nanoseconds of wire, handed out';

/** A person who joined by an invitation. */
interface Person {
  id: string;
  accessToken: string;
  invitationId: string;
}

let api: TestApp;
let dir: string;
let archive: TestArchiver;
beforeAll(async () => {
  [api, dir] = [await TestApp.start(), await mkdtemp(path.join(os.tmpdir(), 'archive-'))];
  archive = new TestArchiver(api, new LocalArchiveStore(dir));
});
afterAll(async () => {
  await archive.close();
  await api.stop();
  await rm(dir, { recursive: true });
});

let tenant: TestTenant;
let counter = 0;
const newAddress = (name: string) => `${name}-${(counter += 1)}@example.test`;
beforeEach(async () => {
  tenant = await api.factory.tenant();
});

const invite = async (email: string): Promise<string> => {
  // Backdates the earlier invitations: an address can be invited only once a minute.
  await api.db.systemQuery(`UPDATE invitations SET expires_at = expires_at - interval '61 s' WHERE tenant_id = $1`, [
    tenant.id,
  ]);
  const body = { email, role: 'member' };
  const answer = await api.post('users/invitations', body, tenant.owner.accessToken).expect(201);
  return InviteResponse.parse(answer.body).invitations[0]!.id;
};
const linkTo = async (email: string) => tokenIn((await mailsTo(api, email)).findLast(({ data }) => 'url' in data));

async function join(email: string): Promise<Person> {
  const invitationId = await invite(email);
  const route = `auth/invitations/${await linkTo(email)}/accept`;
  const { body } = await api.post(route, { name: 'Grace Hopper', password: PASSWORD }).expect(201);
  const { access_token } = TokenResponse.parse(body);
  const me = await api.get('auth/me', access_token).expect(200);
  return { id: (me.body as { id: string }).id, accessToken: access_token, invitationId };
}

/** Changes the address, which ends all logins. Returns the person signed in again. */
async function changeAddress(person: Person, email: string): Promise<Person> {
  const body = { email, current_password: PASSWORD };
  await api.post('auth/email/change', body, person.accessToken).expect(202);
  await api.post('auth/email/change/confirm', { token: await linkTo(email) }).expect(204);
  const answer = await api.post('auth/login', { email, password: PASSWORD }).expect(200);
  return { ...person, accessToken: TokenResponse.parse(answer.body).access_token };
}

const remove = ({ id }: Person) => api.delete(`users/${id}`, tenant.owner.accessToken).expect(204);
const erase = ({ id }: Person) => api.post(`users/${id}/erase`, {}, tenant.owner.accessToken).expect(200);
const verify = () => verifyAudit(api, tenant);
const invitation = ({ invitationId: id }: Person) => api.db.system.invitation.findFirst({ where: { id } });

describe('given a person who joined by an invitation and has changed its address twice, when it is erased', () => {
  it.each([
    ['while it is a user', async () => {}],
    ['after it was removed', remove],
  ])('then none of its addresses is left anywhere, %s', async (_, before) => {
    const emails = ['first', 'second', 'third'].map(newAddress) as [string, string, string];
    const [first, second, third] = emails;
    const month = await newMonth(api);
    await writeEntries(api, tenant.id, [
      { after: { email: first }, occurredAt: new Date(`${month}-05T00:00:00Z`) },
      { actorName: second, ip: '203.0.113.7', occurredAt: new Date(`${month}-06T00:00:00Z`) },
    ]);
    await invite(first); // ended by the next invitation of the same address
    const person = await changeAddress(await changeAddress(await join(first), second), third);
    await api.patch('auth/me', { name: 'Rear Admiral' }, person.accessToken).expect(200);
    await verify(); // seals the audit chain
    await archive.run();
    for (const email of [first, second]) expect(await archive.content()).toContain(email);
    for (const email of emails) expect(await tablesWith(api, email)).toContain('audit_logs');

    await before(person);
    await erase(person);
    // The addresses are kept until the worker has erased them from the archives.
    for (const email of emails) expect(await tablesWith(api, email)).toEqual(['former_addresses']);
    expect(await archive.run()).toMatchObject({ erased: 2 });
    for (const email of emails) expect(await tablesWith(api, email)).toEqual([]);
    const left = await archive.content();
    expect(left).toContain(tenant.id);
    for (const email of emails) expect(left).not.toContain(email);
    expect(await verify()).toMatchObject({ valid: true });
    await archive.months.verify(month);
  });

  it('then it can be erased again, and nothing more is found', async () => {
    const person = await changeAddress(await join(newAddress('first')), newAddress('second'));
    await erase(person);
    await archive.run();
    await erase(person);
    expect(await archive.run()).toMatchObject({ erased: 0 });
    expect(await api.auditOf(person.id, 'audit_log.erased')).toHaveLength(1);
  });
});

describe('given an address that belonged to two people, one after the other', () => {
  let [email, next] = ['', ''];
  let [earlier, later]: Person[] = [];
  beforeEach(async () => {
    [email, next] = [newAddress('shared'), newAddress('next')];
    earlier = await changeAddress(await join(email), next);
    later = await join(email);
    await api.patch('auth/me', { name: 'Ada Lovelace' }, later.accessToken).expect(200);
  });
  const about = async ({ invitationId }: Person) => (await api.auditOf(invitationId)).map(({ after }) => after);

  it('then erasing the first keeps the data of the second', async () => {
    const kept = await about(later!);
    expect(kept).toContainEqual(expect.objectContaining({ email }));
    await erase(earlier!);
    expect(JSON.stringify(await about(earlier!))).not.toContain(email);
    expect(await invitation(earlier!)).toBeNull();

    expect(await about(later!)).toEqual(kept);
    expect(await invitation(later!)).toMatchObject({ email, acceptedAt: expect.any(Date) });
    expect(await api.auditOf(later!.id, 'user.updated')).toMatchObject([{ actorName: email, erasedAt: null }]);
    expect((await mailsTo(api, email)).map(({ template }) => template)).toEqual(['invitation']);
    await api.post('auth/login', { email, password: PASSWORD }).expect(200);
    expect(await verify()).toMatchObject({ valid: true });
  });

  it('then erasing the second keeps the data of the first', async () => {
    const kept = await about(earlier!);
    expect(kept).toContainEqual(expect.objectContaining({ email }));
    await erase(later!);
    expect(JSON.stringify(await about(later!))).not.toContain(email);
    expect(await invitation(later!)).toBeNull();
    expect(await about(earlier!)).toEqual(kept);
    expect(await invitation(earlier!)).toMatchObject({ email });
    expect((await mailsTo(api, email)).map(({ template }) => template)).toEqual([
      'invitation',
      'email_change_requested',
      'email_changed',
    ]);
  });

  it('then a later invitation of a third person is kept when both are erased', async () => {
    await remove(later!);
    const invitationId = await invite(email);
    for (const person of [earlier!, later!]) await erase(person);
    expect(await invitation({ ...later!, invitationId })).toMatchObject({ email });
    expect(await api.auditOf(invitationId, 'invitation.created')).toMatchObject([{ after: { email }, erasedAt: null }]);
    expect(await mailsTo(api, email)).toHaveLength(1);
  });
});
