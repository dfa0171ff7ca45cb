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
const login = (user: { email: string }, password: string, more: object = {}) =>
  api.post('auth/login', { email: user.email, password, ...more });
const forgot = (body: object) => api.post('auth/password/forgot', body).expect(202);
const reset = (token: string, password = OTHER) => api.post('auth/password/reset', { token, password });
const rowOf = (user: TestUser) => api.db.system.user.findFirstOrThrow({ where: { id: user.id } });
const resetMails = async (user: { email: string }) =>
  (await mailsTo(api, user.email)).filter(({ template }) => template === 'password_reset');
async function linkFor(user: { email: string }): Promise<string> {
  await forgot({ email: user.email });
  return tokenIn((await resetMails(user)).at(-1));
}

describe('asking for a link to set a new password', () => {
  it('gives the same response whether or not the user exists', async () => {
    const user = await someone();
    const disabled = await someone({ status: 'disabled' });
    const removed = await someone({ status: 'removed' });
    const answers = [];
    for (const email of [user.email, 'nobody@example.test', disabled.email, removed.email]) {
      const began = performance.now();
      const { status, text, headers } = await forgot({ email });
      expect(performance.now() - began).toBeGreaterThan(240);
      answers.push({ status, text, length: headers['content-length'] });
    }
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(await resetMails(user)).toHaveLength(1);
    for (const email of ['nobody@example.test', disabled.email, removed.email])
      expect(await mailsTo(api, email)).toEqual([]);
  });

  it('mails a link with the token in the fragment of a dashboard page, valid for an hour, stores only its hash, and is audited', async () => {
    const user = await someone();
    await forgot({ email: user.email.toUpperCase() });
    const [mail] = await resetMails(user);
    const { url, expires_at } = mail!.data as { url: string; expires_at: string };
    expect(url).toMatch(new RegExp(`^${api.config.dashboardUrl}/reset-password#token=cpr_[\\w-]{64}$`));
    expect(Math.abs(Date.parse(expires_at) - Date.now() - 3_600_000)).toBeLessThan(60_000);
    const rows = await api.db.system.oneTimeToken.findMany({ where: { userId: user.id } });
    expect(rows).toHaveLength(1);
    expect(Buffer.from(rows[0]!.tokenHash).toString('base64url')).not.toContain(tokenIn(mail).slice(-43));
    expect(await api.auditOf(user.id, 'user.password_reset_requested')).toMatchObject([
      { actorType: 'system', actorId: null },
    ]);
  });

  it('mails one link for each organization of the e-mail, or only for the named one', async () => {
    const [first, second] = [await api.factory.tenant(), await api.factory.tenant()];
    const email = 'in-two@example.test';
    for (const { id } of [first, second]) await api.factory.user(id, 'member', { email, passwordHash });
    await forgot({ email });
    const names = (await resetMails({ email })).map(({ data }) => (data as { tenant: string }).tenant);
    expect(names.toSorted()).toEqual([first.slug, second.slug].toSorted());
    await forgot({ email, tenant: second.slug });
    expect((await resetMails({ email })).at(-1)!.data).toMatchObject({ tenant: second.slug });
    expect(await resetMails({ email })).toHaveLength(3);
  });

  it('mails at most three an hour, even for many requests at once', async () => {
    const user = await someone();
    await Promise.all(Array.from({ length: 8 }, () => forgot({ email: user.email })));
    expect(await resetMails(user)).toHaveLength(3);
    api.advance(3601);
    await forgot({ email: user.email });
    expect(await resetMails(user)).toHaveLength(4);
  });
});

describe('setting a new password by a link', () => {
  it('ends all logins, verifies the e-mail, is reported by mail and does not sign in', async () => {
    const user = await someone();
    const before = (await login(user, PASSWORD).expect(200)).body;
    const { body } = await reset(await linkFor(user)).expect(204);
    expect(body).toEqual({});
    await api.get('auth/me', user.accessToken).expect(401);
    await api.get('auth/me', before.access_token).expect(401);
    await api.post('auth/refresh', { refresh_token: before.refresh_token }).expect(401);
    await login(user, PASSWORD).expect(401);
    await login(user, OTHER).expect(200);
    expect((await rowOf(user)).emailVerifiedAt).not.toBeNull();
    expect((await mailsTo(api, user.email)).at(-1)!.template).toBe('password_changed');
    expect(await api.auditOf(user.id, 'user.password_reset')).toMatchObject([
      { actorType: 'user', actorId: user.id, actorName: user.email, after: { email_verified: true } },
    ]);
  });

  it('revokes the API keys of the user, with their number in the mail and the audit log, and no others', async () => {
    const keyWorks = async (key: string) => (await api.get('tenant', key)).status === 200;
    const [user, other] = [await someone(), await someone()];
    const [one, two, theirs] = [
      await api.factory.apiKey(user, ['tenant:read']),
      await api.factory.apiKey(user, ['tenant:read']),
      await api.factory.apiKey(other, ['tenant:read']),
    ];
    await reset(await linkFor(user)).expect(204);
    expect([await keyWorks(one), await keyWorks(two), await keyWorks(theirs)]).toEqual([false, false, true]);
    expect((await mailsTo(api, user.email)).at(-1)).toMatchObject({
      template: 'password_changed',
      data: { api_keys_revoked: 2 },
    });
    const keys = await api.db.system.apiKey.findMany({ where: { userId: user.id } });
    for (const { id } of keys)
      expect(await api.auditOf(id, 'api_key.revoked')).toMatchObject([
        { actorId: user.id, before: { status: 'active' }, after: { status: 'revoked' } },
      ]);
  });

  it('gives a password to a user who had none', async () => {
    const user = await someone({ passwordHash: null });
    await reset(await linkFor(user)).expect(204);
    await login(user, OTHER).expect(200);
  });

  it('works once, even for many at once', async () => {
    const user = await someone();
    const token = await linkFor(user);
    const answers = await Promise.all(Array.from({ length: 5 }, (_, i) => reset(token, `${OTHER} number ${i}`)));
    expect(statuses(answers)).toEqual([204, 410, 410, 410, 410]);
    await login(user, `${OTHER} number ${answers.findIndex(({ status }) => status === 204)}`).expect(200);
    expect(await api.auditOf(user.id, 'user.password_reset')).toHaveLength(1);
    expect((await reset(token).expect(410)).body.code).toBe('link_invalid');
  });

  it('works with the newest link only', async () => {
    const user = await someone();
    const [older, newer] = [await linkFor(user), await linkFor(user)];
    await reset(older).expect(410);
    await reset(newer).expect(204);
  });

  it('works for an hour', async () => {
    const user = await someone();
    const token = await linkFor(user);
    api.advance(3601);
    await reset(token).expect(410);
    api.clock.offsetMs = 0;
    api.advance(3590);
    await reset(token).expect(204);
  });

  it('refuses a bad password, and the link stays valid', async () => {
    const user = await someone();
    const token = await linkFor(user);
    const { body } = await reset(token, 'q8#fG2!kd0x').expect(422);
    expect(body.errors).toMatchObject([{ path: 'password', code: 'too_short' }]);
    await reset(token).expect(204);
  });

  it('refuses forgeries, links of another kind, another tenant or a disabled user, and links to a former address', async () => {
    const [user, disabled, moved] = [await someone(), await someone(), await someone()];
    const token = await linkFor(user);
    const bytes = Buffer.from(token.slice(4), 'base64url');
    Buffer.from((await api.factory.tenant()).id.replaceAll('-', ''), 'hex').copy(bytes);
    const links = [await linkFor(disabled), await linkFor(moved)];
    await api.db.system.user.updateMany({ where: { id: disabled.id }, data: { status: 'disabled' } });
    await api.db.system.user.updateMany({ where: { id: moved.id }, data: { email: `moved-${moved.email}` } });
    const elsewhere = `cpr_${bytes.toString('base64url')}`;
    for (const wrong of ['x', 'cpr_', `${token}A`, token.replace('cpr_', 'cev_'), elsewhere, ...links])
      expect((await reset(wrong).expect(410)).body.code).toBe('link_invalid');
    await reset(token).expect(204);
  });

  it('leaves no login that began with the old password, in any order', async () => {
    for (let i = 0; i < 5; i += 1) {
      const user = await someone();
      const token = await linkFor(user);
      const [, raced] = await Promise.all([reset(token).expect(204), login(user, PASSWORD)]);
      expect([200, 401]).toContain(raced.status);
      await api.get('auth/me', raced.body.access_token ?? user.accessToken).expect(401);
    }
  });
});
