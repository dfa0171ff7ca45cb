import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import type { TestTenant, TestUser } from '#test/factory';
import { mailsTo, tokenIn } from '#test/mails';
import { hashPassword } from '#test/passwords';

const PASSWORD = 'correct horse battery staple';
const OTHER = 'seven drowsy otters on a raft';

let api: TestApp;
let tenant: TestTenant;
let passwordHash: string;
let counter = 0;
beforeAll(async () => {
  api = await sharedApp();
  passwordHash = await hashPassword(PASSWORD);
  tenant = await api.factory.tenant();
});
afterEach(() => {
  api.clock.offsetMs = 0;
});

const statuses = (answers: { status: number }[]) => answers.map(({ status }) => status).toSorted((a, b) => a - b);
const someone = (data: object = {}) => api.factory.user(tenant.id, 'member', { passwordHash, ...data });
const newAddress = () => `new-${(counter += 1)}@example.test`;
const ask = (user: TestUser, email: string, password: string | undefined = PASSWORD) =>
  api.post('auth/email/change', { email, current_password: password }, user.accessToken);
const confirm = (token: string) => api.post('auth/email/change/confirm', { token });
const rowOf = (user: TestUser) => api.db.system.user.findFirstOrThrow({ where: { id: user.id } });
const login = (email: string, password = PASSWORD) => api.post('auth/login', { email, password });
const linkTo = async (email: string) =>
  tokenIn((await mailsTo(api, email)).findLast(({ template }) => template === 'email_change'));
async function linkFor(user: TestUser, email: string): Promise<string> {
  await ask(user, email).expect(202);
  return linkTo(email);
}

describe('given a user who asks for another e-mail address', () => {
  it('then the new address gets the link, the old one a notice, and nothing has changed yet', async () => {
    const user = await someone();
    const email = newAddress();
    await ask(user, email.toUpperCase()).expect(202);
    expect(await mailsTo(api, email)).toMatchObject([{ template: 'email_change', data: { tenant: tenant.slug } }]);
    expect(await linkTo(email)).toMatch(/^cec_[\w-]{64}$/);
    expect(await mailsTo(api, user.email)).toMatchObject([{ template: 'email_change_requested', data: { email } }]);
    expect(await rowOf(user)).toMatchObject({ email: user.email, version: 1 });
    expect(await api.auditOf(user.id)).toMatchObject([
      { action: 'user.email_change_requested', actorId: user.id, after: { email } },
    ]);
  });

  it('then the response does not tell whether the new address is taken', async () => {
    const [free, taken] = await Promise.all([
      ask(await someone(), newAddress()),
      ask(await someone(), tenant.owner.email),
    ]);
    expect([free.status, free.text]).toEqual([202, '']);
    expect([taken.status, taken.text]).toEqual([202, '']);
  });

  it('then a wrong or missing password is refused: 401, and nothing is sent', async () => {
    const user = await someone();
    const email = newAddress();
    expect((await ask(user, email, 'wrong').expect(401)).body.code).toBe('invalid_credentials');
    await api.post('auth/email/change', { email }, user.accessToken).expect(401);
    expect(await mailsTo(api, email)).toEqual([]);
  });

  it('then the present address is refused: 422', async () => {
    const user = await someone();
    expect((await ask(user, user.email).expect(422)).body.errors).toMatchObject([{ path: 'email' }]);
  });

  it('then three requests an hour are allowed, for all addresses together', async () => {
    const user = await someone();
    for (let i = 0; i < 3; i += 1) await ask(user, newAddress()).expect(202);
    const { body, headers } = await ask(user, newAddress()).expect(429);
    expect([body.code, headers['retry-after']]).toEqual(['too_many_attempts', '3600']);
  });

  it('then an API key and a caller without a token are refused', async () => {
    const key = await api.factory.apiKey(tenant.owner, ['user:update']);
    const body = { email: newAddress(), current_password: PASSWORD };
    expect((await api.post('auth/email/change', body, key).expect(403)).body.permission).toBe('self:update');
    await api.post('auth/email/change', body).expect(401);
  });
});

describe('given an account without a password', () => {
  it('then a sign-in within the last ten minutes replaces it', async () => {
    const user = await someone({ passwordHash: null });
    const email = newAddress();
    await api.post('auth/email/change', { email }, user.accessToken).expect(202);
    expect(await linkTo(email)).toMatch(/^cec_/);
  });

  it('then an older one, or one of a device, does not: 403', async () => {
    const user = await someone({ passwordHash: null });
    api.advance(601);
    const body = { email: newAddress() };
    expect((await api.post('auth/email/change', body, user.accessToken).expect(403)).body.code).toBe(
      'recent_login_required',
    );
    api.clock.offsetMs = 0;
    await api.db.system.login.updateMany({ where: { id: user.loginId }, data: { method: 'device' } });
    await api.post('auth/email/change', body, user.accessToken).expect(403);
  });
});

describe('given the link, when it is followed', () => {
  it('then the address is changed and verified, which is audited and reported to the old one', async () => {
    const user = await someone();
    const email = newAddress();
    await confirm(await linkFor(user, email)).expect(204);
    const row = await rowOf(user);
    expect(row).toMatchObject({ email, version: 2 });
    expect(row.emailVerifiedAt).not.toBeNull();
    expect(await api.auditOf(user.id, 'user.email_changed')).toMatchObject([
      {
        actorType: 'user',
        actorId: user.id,
        before: { email: user.email, email_verified: false },
        after: { email, email_verified: true, logins_ended: 1 },
      },
    ]);
    expect((await mailsTo(api, user.email)).at(-1)).toMatchObject({ template: 'email_changed', data: { email } });
  });

  it('then all logins end, and the user signs in with the new address', async () => {
    const user = await someone();
    const email = newAddress();
    const { refresh_token } = (await login(user.email).expect(200)).body as { refresh_token: string };
    await confirm(await linkFor(user, email)).expect(204);
    await api.get('auth/me', user.accessToken).expect(401);
    await api.post('auth/refresh', { refresh_token }).expect(401);
    await login(user.email).expect(401);
    await login(email).expect(200);
  });

  it('then links that were sent to the old address are invalid', async () => {
    const user = await someone();
    await api.post('auth/password/forgot', { email: user.email }).expect(202);
    const old = tokenIn((await mailsTo(api, user.email)).at(-1));
    await confirm(await linkFor(user, newAddress())).expect(204);
    await api.post('auth/password/reset', { token: old, password: OTHER }).expect(410);
  });

  it('then it works once, even for several at once', async () => {
    const token = await linkFor(await someone(), newAddress());
    expect(statuses(await Promise.all([1, 2, 3, 4].map(() => confirm(token))))).toEqual([204, 410, 410, 410]);
  });

  it('then only the newest works, within an hour', async () => {
    const user = await someone();
    const [first, second] = [newAddress(), newAddress()];
    const older = await linkFor(user, first);
    const newer = await linkFor(user, second);
    expect((await confirm(older).expect(410)).body.code).toBe('link_invalid');
    api.advance(3601);
    await confirm(newer).expect(410);
    api.clock.offsetMs = 0;
    api.advance(3500);
    await confirm(newer).expect(204);
    expect((await rowOf(user)).email).toBe(second);
  });

  it('then it is refused after a new password, as the notice says', async () => {
    const user = await someone();
    const token = await linkFor(user, newAddress());
    const passwords = { current_password: PASSWORD, new_password: OTHER };
    await api.post('auth/password/change', passwords, user.accessToken).expect(204);
    await confirm(token).expect(410);
    expect((await rowOf(user)).email).toBe(user.email);
  });

  it('then it is refused for a disabled user, and with a link for another purpose', async () => {
    const user = await someone();
    const token = await linkFor(user, newAddress());
    await api.post('auth/password/forgot', { email: user.email }).expect(202);
    const other = tokenIn((await mailsTo(api, user.email)).at(-1));
    for (const wrong of ['x', other, other.replace('cpr_', 'cec_')]) await confirm(wrong).expect(410);
    await api.post(`users/${user.id}/disable`, {}, tenant.owner.accessToken).expect(200);
    await confirm(token).expect(410);
  });
});

describe('given an address that another user of the organization has', () => {
  it('then confirming it is refused, nothing changes, and the link works once the address is free', async () => {
    const [user, colleague] = [await someone(), await someone()];
    const token = await linkFor(user, colleague.email);
    expect((await confirm(token).expect(409)).body.code).toBe('email_taken');
    expect(await rowOf(user)).toMatchObject({ email: user.email, version: 1 });
    await api.get('auth/me', user.accessToken).expect(200);
    await api.delete(`users/${colleague.id}`, tenant.owner.accessToken).expect(204);
    await confirm(token).expect(204);
  });

  it('then only one of several confirmations at once succeeds', async () => {
    const email = newAddress();
    const tokens: string[] = [];
    for (let i = 0; i < 4; i += 1) tokens.push(await linkFor(await someone(), email));
    expect(statuses(await Promise.all(tokens.map(confirm)))).toEqual([204, 409, 409, 409]);
    expect(await api.db.system.user.count({ where: { tenantId: tenant.id, email } })).toBe(1);
  });

  it('then it can be confirmed in another organization', async () => {
    const another = await api.factory.tenant();
    const user = await someone();
    await confirm(await linkFor(user, another.member.email)).expect(204);
    expect((await rowOf(user)).email).toBe(another.member.email);
  });
});
