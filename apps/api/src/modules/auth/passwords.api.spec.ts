import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TestApp } from '../../../test/app.js';
import type { TestTenant, TestUser } from '../../../test/factory.js';
import { mailsTo, tokenIn } from '../../../test/mails.js';
import { hashPassword } from './passwords.js';

const PASSWORD = 'correct horse battery staple';
const OTHER = 'seven drowsy otters on a raft';

let api: TestApp;
let tenant: TestTenant;
let passwordHash: string;
beforeAll(async () => {
  api = await TestApp.start();
  passwordHash = await hashPassword(PASSWORD);
  tenant = await api.factory.tenant();
});
afterEach(() => {
  api.clock.offsetMs = 0;
});
afterAll(() => api.stop());

const statuses = (answers: { status: number }[]) => answers.map(({ status }) => status).toSorted((a, b) => a - b);
const someone = (data: object = {}) => api.factory.user(tenant.id, 'member', { passwordHash, ...data });
const login = (user: { email: string }, password: string, more: object = {}) =>
  api.post('auth/login', { email: user.email, password, ...more });
const change = (user: TestUser, body: object) => api.post('auth/password/change', body, user.accessToken);
const forgot = (body: object) => api.post('auth/password/forgot', body).expect(202);
const reset = (token: string, password = OTHER) => api.post('auth/password/reset', { token, password });
const rowOf = (user: TestUser) => api.db.system.user.findFirstOrThrow({ where: { id: user.id } });
const resetMails = async (user: { email: string }) =>
  (await mailsTo(api, user.email)).filter(({ template }) => template === 'password_reset');
async function linkFor(user: { email: string }): Promise<string> {
  await forgot({ email: user.email });
  return tokenIn((await resetMails(user)).at(-1));
}

describe('changing a password', () => {
  it('takes the current one and sets the new one, which is told by mail and audited without either', async () => {
    const user = await someone();
    await change(user, { current_password: PASSWORD, new_password: OTHER }).expect(204);
    await login(user, PASSWORD).expect(401);
    await login(user, OTHER).expect(200);
    expect((await mailsTo(api, user.email)).map(({ template }) => template)).toEqual(['password_changed']);
    const [entry, ...more] = await api.auditOf(user.id, 'user.password_changed');
    expect(more).toEqual([]);
    expect(entry).toMatchObject({ actorType: 'user', actorId: user.id, tenantId: tenant.id });
    expect(JSON.stringify(entry)).not.toMatch(/staple|otters|argon2/);
  });

  it('ends all other logins at once, and their refresh tokens', async () => {
    const user = await someone();
    const other = (await login(user, PASSWORD).expect(200)).body;
    await change(user, { current_password: PASSWORD, new_password: OTHER }).expect(204);
    await api.get('auth/me', user.accessToken).expect(200);
    await api.get('auth/me', other.access_token).expect(401);
    await api.post('auth/refresh', { refresh_token: other.refresh_token }).expect(401);
  });

  it('refuses a wrong current password, also of a user who has none', async () => {
    const user = await someone();
    const wrong = await change(user, { current_password: 'wrong', new_password: OTHER }).expect(401);
    expect(wrong.body.code).toBe('invalid_credentials');
    await login(user, PASSWORD).expect(200);
    const without = await someone({ passwordHash: null });
    await change(without, { current_password: PASSWORD, new_password: OTHER }).expect(401);
    expect((await rowOf(without)).passwordHash).toBeNull();
  });

  it('lets one of two at once win', async () => {
    const user = await someone();
    const passwords = [OTHER, 'eleven quiet herons in fog'];
    const answers = await Promise.all(
      passwords.map((password) => change(user, { current_password: PASSWORD, new_password: password })),
    );
    expect(statuses(answers)).toEqual([204, 401]);
    await login(user, passwords[answers.findIndex(({ status }) => status === 204)]!).expect(200);
  });

  it('holds the new one to the rules, naming the field', async () => {
    const user = await someone();
    const refused = await change(user, { current_password: PASSWORD, new_password: 'Password1234567' }).expect(422);
    expect(refused.body.code).toBe('validation_failed');
    expect(refused.body.errors).toMatchObject([{ path: 'new_password', code: 'password_breached' }]);
    const [name] = user.email.split('@');
    for (const word of [name, tenant.slug, 'Coditect']) {
      const { body } = await change(user, { current_password: PASSWORD, new_password: `it is ${word} here` }).expect(
        422,
      );
      expect(body.errors).toMatchObject([{ path: 'new_password', code: 'contains_context' }]);
    }
    await change(user, { current_password: PASSWORD, new_password: 'half \ud83d pair here' }).expect(422);
    await login(user, PASSWORD).expect(200);
  });

  it('needs a login', async () => {
    await api.post('auth/password/change', { current_password: PASSWORD, new_password: OTHER }).expect(401);
  });
});

describe('API keys', () => {
  async function waitingForLocks(): Promise<number> {
    const { rows } = await api.db.systemQuery<{ waiting: number }>(
      `SELECT count(*)::int AS waiting FROM pg_locks WHERE NOT granted
         AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())`,
      [],
    );
    return rows[0]!.waiting;
  }
  const keyWorks = async (key: string) => (await api.get('tenant', key)).status === 200;

  it('are revoked by setting a new password by a link, which the mail and the audit log say, those of others are not', async () => {
    const [user, other] = [await someone(), await someone()];
    const [one, two, theirs] = [
      await api.factory.apiKey(user, ['tenant:read']),
      await api.factory.apiKey(user, ['tenant:read']),
      await api.factory.apiKey(other, ['tenant:read']),
    ];
    await reset(await linkFor(user)).expect(204);
    expect([await keyWorks(one), await keyWorks(two), await keyWorks(theirs)]).toEqual([false, false, true]);
    expect((await mailsTo(api, user.email)).at(-1)).toMatchObject({
      ...{ template: 'password_changed', data: { api_keys_revoked: 2 } },
    });
    const keys = await api.db.system.apiKey.findMany({ where: { userId: user.id } });
    for (const { id } of keys)
      expect(await api.auditOf(id, 'api_key.revoked')).toMatchObject([
        { actorId: user.id, before: { status: 'active' }, after: { status: 'revoked' } },
      ]);
  });

  it('outlive a change of the password by who knows it', async () => {
    const user = await someone();
    const key = await api.factory.apiKey(user, ['tenant:read']);
    await change(user, { current_password: PASSWORD, new_password: OTHER }).expect(204);
    expect(await keyWorks(key)).toBe(true);
  });

  it('are not to be had by a login that ends while it asks for one', async () => {
    const user = await someone();
    const make = () => api.post('auth/api-keys', { name: 'CI', scopes: ['tenant:read'] }, user.accessToken);
    await make().expect(201);
    const asked = await api.db.systemTx(async (tx) => {
      await tx.$executeRaw`SELECT FROM users WHERE tenant_id = ${tenant.id}::uuid AND id = ${user.id}::uuid FOR UPDATE`;
      const answer = make().then((response) => response);
      await expect.poll(() => waitingForLocks(), { interval: 20 }).toBe(1);
      await tx.login.updateMany({ where: { userId: user.id }, data: { revokedAt: new Date() } });
      return { answer };
    });
    expect((await asked.answer).body.code).toBe('invalid_token');
    expect(await api.db.system.apiKey.count({ where: { userId: user.id } })).toBe(1);
  });
});

describe('a password in another Unicode form', () => {
  it('is the same password', async () => {
    const user = await someone();
    const composed = 'crème brûlée für alle'.normalize('NFC');
    await change(user, { current_password: PASSWORD, new_password: composed.normalize('NFD') }).expect(204);
    await login(user, composed).expect(200);
    await login(user, composed.replace('ü', 'u')).expect(401);
  });

  it('is wrong, and no error of ours, when it is no text at all', async () => {
    await login(await someone(), 'a \ud800 b').expect(401);
  });
});

describe('asking for a link to set a new password', () => {
  it('answers the same whether or not there is such a user', async () => {
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

  it('mails a link of an hour into the fragment of a dashboard page, stores its hash only, and audits it', async () => {
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

  it('mails one link for each organization of the e-mail, or for the one that is named', async () => {
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

  it('mails three an hour at most, also of many at once', async () => {
    const user = await someone();
    await Promise.all(Array.from({ length: 8 }, () => forgot({ email: user.email })));
    expect(await resetMails(user)).toHaveLength(3);
    api.advance(3601);
    await forgot({ email: user.email });
    expect(await resetMails(user)).toHaveLength(4);
  });
});

describe('setting a new password by a link', () => {
  it('ends all logins, verifies the e-mail, tells it by mail and does not sign in', async () => {
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

  it('gives a password to a user who had none', async () => {
    const user = await someone({ passwordHash: null });
    await reset(await linkFor(user)).expect(204);
    await login(user, OTHER).expect(200);
  });

  it('works once, also for many at once', async () => {
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

  it('refuses a bad password and leaves the link good', async () => {
    const user = await someone();
    const token = await linkFor(user);
    const { body } = await reset(token, 'q8#fG2!kd0x').expect(422);
    expect(body.errors).toMatchObject([{ path: 'password', code: 'too_short' }]);
    await reset(token).expect(204);
  });

  it('refuses forgeries, links of another kind or tenant, of a disabled user, and to an address of before', async () => {
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

  it('leaves no login begun with the password of before, however they race', async () => {
    for (let i = 0; i < 5; i += 1) {
      const user = await someone();
      const token = await linkFor(user);
      const [, raced] = await Promise.all([reset(token).expect(204), login(user, PASSWORD)]);
      expect([200, 401]).toContain(raced.status);
      await api.get('auth/me', raced.body.access_token ?? user.accessToken).expect(401);
    }
  });
});

describe('one e-mail in many organizations', () => {
  it('has to name one, and is told none, whatever the password', async () => {
    const email = 'in-many@example.test';
    const tenants = await Promise.all(Array.from({ length: 6 }, () => api.factory.tenant()));
    for (const { id } of tenants) await api.factory.user(id, 'member', { email, passwordHash });
    for (const password of [PASSWORD, 'wrong']) {
      const { body } = await login({ email }, password).expect(409);
      expect(body.code).toBe('tenant_required');
      expect(body.tenants).toBeUndefined();
    }
    await login({ email }, PASSWORD, { tenant: tenants[5]!.slug }).expect(200);
  });

  it('does not count those that a user was removed from', async () => {
    const email = 'was-in-many@example.test';
    for (let i = 0; i < 6; i += 1) {
      const { id } = await api.factory.tenant();
      await api.factory.user(id, 'member', { email, passwordHash, status: i < 5 ? 'removed' : 'active' });
    }
    await login({ email }, PASSWORD).expect(200);
  });
});

describe('a removed user', () => {
  it('is nobody, even with the right password', async () => {
    const { body } = await login(await someone({ status: 'removed' }), PASSWORD).expect(401);
    expect(body.code).toBe('invalid_credentials');
  });
});
