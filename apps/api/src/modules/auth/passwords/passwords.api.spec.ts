import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import type { TestTenant, TestUser } from '#test/factory';
import { mailsTo } from '#test/mails';
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
const change = (user: TestUser, body: object) => api.post('auth/password/change', body, user.accessToken);
const rowOf = (user: TestUser) => api.db.system.user.findFirstOrThrow({ where: { id: user.id } });

describe('changing a password', () => {
  it('requires the current one and sets the new one, and is reported by mail and audited without both', async () => {
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

  it('refuses a wrong current password, even for a user who has none', async () => {
    const user = await someone();
    const wrong = await change(user, { current_password: 'wrong', new_password: OTHER }).expect(401);
    expect(wrong.body.code).toBe('invalid_credentials');
    await login(user, PASSWORD).expect(200);
    const without = await someone({ passwordHash: null });
    await change(without, { current_password: PASSWORD, new_password: OTHER }).expect(401);
    expect((await rowOf(without)).passwordHash).toBeNull();
  });

  it('succeeds for one of two at once', async () => {
    const user = await someone();
    const passwords = [OTHER, 'eleven quiet herons in fog'];
    const answers = await Promise.all(
      passwords.map((password) => change(user, { current_password: PASSWORD, new_password: password })),
    );
    expect(statuses(answers)).toEqual([204, 401]);
    await login(user, passwords[answers.findIndex(({ status }) => status === 204)]!).expect(200);
  });

  it('checks the new one against the rules, and names the field', async () => {
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

  it('requires a login', async () => {
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

  it('stay valid when the user changes its password', async () => {
    const user = await someone();
    const key = await api.factory.apiKey(user, ['tenant:read']);
    await change(user, { current_password: PASSWORD, new_password: OTHER }).expect(204);
    expect(await keyWorks(key)).toBe(true);
  });

  it('cannot be made by a login that ends meanwhile', async () => {
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

  it('is wrong, and not a server error, if it is not valid text', async () => {
    await login(await someone(), 'a \ud800 b').expect(401);
  });
});

describe('one e-mail in many organizations', () => {
  it('must name one, and the refusal lists none, whatever the password', async () => {
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

  it('does not count those from which the user was removed', async () => {
    const email = 'was-in-many@example.test';
    for (let i = 0; i < 6; i += 1) {
      const { id } = await api.factory.tenant();
      await api.factory.user(id, 'member', { email, passwordHash, status: i < 5 ? 'removed' : 'active' });
    }
    await login({ email }, PASSWORD).expect(200);
  });
});

describe('a removed user', () => {
  it('cannot sign in, even with the right password', async () => {
    const { body } = await login(await someone({ status: 'removed' }), PASSWORD).expect(401);
    expect(body.code).toBe('invalid_credentials');
  });
});
