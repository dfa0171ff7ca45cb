import { Secret } from 'otpauth';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import { type Authenticator, codeOf, turnOnSecondFactor, wrongCodeOf } from '#test/authenticator';
import type { TestTenant, TestUser } from '#test/factory';
import { mailsTo } from '#test/mails';
import { newApiKey } from '#platform/access/api-key-token';
import { hashPassword } from '#test/passwords';

const PASSWORD = 'correct horse battery staple';
const STEP_SECONDS = 30;

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

type Guarded = Authenticator & { user: TestUser };

const statuses = (answers: { status: number }[]) => answers.map(({ status }) => status).toSorted((a, b) => a - b);
const someone = (data: object = {}) => api.factory.user(tenant.id, 'member', { passwordHash, ...data });
const login = ({ email }: TestUser, code?: string, password = PASSWORD) =>
  api.post('auth/login', { email, password, ...(code === undefined ? {} : { two_factor_code: code }) });
const twoFactor = (route: string, user: TestUser, body: object) =>
  api.post(`auth/two-factor/${route}`, body, user.accessToken);
const statusOf = async (user: TestUser) => (await api.get('auth/two-factor', user.accessToken).expect(200)).body;
async function setUp(user: TestUser): Promise<string> {
  const { body } = await twoFactor('totp', user, { current_password: PASSWORD }).expect(200);
  return body.secret as string;
}
async function guarded(): Promise<Guarded> {
  const user = await someone();
  return { user, ...(await turnOnSecondFactor(api, user, PASSWORD)) };
}

describe('turning the second factor on', () => {
  it('requires the current password, then a first code, and returns ten recovery codes', async () => {
    const user = await someone();
    const set = await twoFactor('totp', user, { current_password: PASSWORD }).expect(200);
    expect(set.headers['cache-control']).toBe('no-store');
    const { secret, otpauth_url: url } = set.body as { secret: string; otpauth_url: string };
    expect(Secret.fromBase32(secret).bytes).toHaveLength(20);
    expect(new URL(url).searchParams.get('secret')).toBe(secret);
    expect(decodeURIComponent(url)).toContain(`CODITECT:${user.email} (${tenant.slug})`);
    await login(user).expect(200); // not on yet
    expect(await statusOf(user)).toEqual({ enabled: false, recovery_codes_left: 0 });

    const confirmed = await twoFactor('totp/confirm', user, { code: codeOf(api, secret) }).expect(200);
    expect(confirmed.headers['cache-control']).toBe('no-store');
    const codes = confirmed.body.recovery_codes as string[];
    expect(new Set(codes).size).toBe(10);
    for (const code of codes) expect(code).toMatch(/^[0-9a-hjkmnp-tv-z]{5}-[0-9a-hjkmnp-tv-z]{5}$/);
    expect(await statusOf(user)).toEqual({ enabled: true, recovery_codes_left: 10 });
    expect((await login(user).expect(401)).body.code).toBe('two_factor_required');
    const me = await api.get('auth/me', user.accessToken).expect(200);
    expect(me.body).toMatchObject({ two_factor_enabled: true, two_factor_required: false });
  });

  it('is audited and reported by mail, without a secret', async () => {
    const { user, secret, recoveryCodes } = await guarded();
    const entries = await api.auditOf(user.id, 'user.two_factor_enabled');
    expect(entries).toMatchObject([
      { actorId: user.id, before: { two_factor_enabled: false }, after: { two_factor_enabled: true } },
    ]);
    const mails = await mailsTo(api, user.email);
    expect(mails).toMatchObject([{ template: 'two_factor_changed', data: { tenant: tenant.slug, enabled: true } }]);
    for (const told of [entries, mails])
      for (const hidden of [secret, ...recoveryCodes]) expect(JSON.stringify(told)).not.toContain(hidden);
  });

  it('audits the set-up too, and a right password without the code', async () => {
    const { user, secret } = await guarded();
    const setUps = await api.auditOf(user.id, 'user.two_factor_set_up');
    expect(setUps).toMatchObject([{ actorId: user.id, tenantId: tenant.id }]);
    expect(JSON.stringify(setUps)).not.toContain(secret);
    await login(user).expect(401);
    expect(await api.auditOf(user.id, 'user.login_challenged')).toMatchObject([
      { tenantId: tenant.id, after: { method: 'password' } },
    ]);
    expect(await api.auditOf(user.id, 'user.login_failed')).toEqual([]);
  });

  it('stores the secret encrypted and the recovery codes as hashes', async () => {
    const { user, secret, recoveryCodes } = await guarded();
    const row = await api.db.system.user.findFirstOrThrow({ where: { id: user.id } });
    const stored = Buffer.from(row.totpSecret!);
    expect(stored.includes(Buffer.from(secret))).toBe(false);
    expect(stored.includes(Buffer.from(Secret.fromBase32(secret).bytes))).toBe(false);
    const hashes = await api.db.system.recoveryCode.findMany({ where: { userId: user.id } });
    expect(hashes).toHaveLength(10);
    for (const { codeHash } of hashes) {
      expect(codeHash).toHaveLength(32);
      expect(recoveryCodes.map((code) => Buffer.from(code).toString('hex'))).not.toContain(
        Buffer.from(codeHash).toString('hex'),
      );
    }
  });

  it('refuses a wrong password, a wrong code, and a code before the set-up', async () => {
    const user = await someone();
    expect((await twoFactor('totp', user, {}).expect(401)).body.code).toBe('invalid_credentials');
    await twoFactor('totp', user, { current_password: 'wrong' }).expect(401);
    expect((await twoFactor('totp/confirm', user, { code: '123456' }).expect(409)).body.code).toBe(
      'two_factor_not_enabled',
    );
    const secret = await setUp(user);
    expect((await twoFactor('totp/confirm', user, { code: wrongCodeOf(api, secret) }).expect(401)).body.code).toBe(
      'two_factor_invalid',
    );
    expect(await statusOf(user)).toMatchObject({ enabled: false });
  });

  it('uses the newest secret', async () => {
    const user = await someone();
    const [first, second] = [await setUp(user), await setUp(user)];
    await twoFactor('totp/confirm', user, { code: codeOf(api, first) }).expect(401);
    await twoFactor('totp/confirm', user, { code: codeOf(api, second) }).expect(200);
  });

  it('requires no password of a user who has none', async () => {
    const user = await someone({ passwordHash: null });
    await twoFactor('totp', user, {}).expect(200);
  });

  it('works once: neither again, nor twice at once', async () => {
    const { user } = await guarded();
    api.clock.offsetMs = 0;
    expect((await twoFactor('totp', user, { current_password: PASSWORD }).expect(409)).body.code).toBe(
      'two_factor_enabled',
    );
    const other = await someone();
    const secret = await setUp(other);
    const answers = await Promise.all(
      [1, 2, 3].map(() => twoFactor('totp/confirm', other, { code: codeOf(api, secret) })),
    );
    expect(statuses(answers)).toEqual([200, 409, 409]);
    expect(await statusOf(other)).toEqual({ enabled: true, recovery_codes_left: 10 });
  });

  it('cannot be done by an API key', async () => {
    const user = await someone();
    const { key, prefix, hash } = newApiKey(tenant.id);
    const data = { tenantId: tenant.id, userId: user.id, name: 'CI', prefix, keyHash: hash, scopes: ['license:read'] };
    await api.db.system.apiKey.create({ data });
    await api.post('auth/two-factor/totp', { current_password: PASSWORD }, key).expect(403);
  });
});

describe('signing in with the second factor', () => {
  it('accepts the present code, the one before and the one after, and no other', async () => {
    for (const steps of [-1, 0, 1]) {
      const { user, secret } = await guarded();
      api.advance(STEP_SECONDS); // the code that turned it on cannot be used again
      await login(user, codeOf(api, secret, steps)).expect(200);
    }
    const { user, secret } = await guarded();
    api.advance(60);
    for (const steps of [-2, 2])
      expect((await login(user, codeOf(api, secret, steps)).expect(401)).body.code).toBe('two_factor_invalid');
  });

  it('accepts a code with a space in it', async () => {
    const { user, secret } = await guarded();
    const code = codeOf(api, secret);
    await login(user, `${code.slice(0, 3)} ${code.slice(3)}`).expect(200);
  });

  it('asks for the code only after the right password, and does not mention it before', async () => {
    const { user, secret } = await guarded();
    for (const code of [undefined, codeOf(api, secret), '000000'])
      expect((await login(user, code, 'wrong').expect(401)).body.code).toBe('invalid_credentials');
    expect((await login(user).expect(401)).body.code).toBe('two_factor_required');
  });

  it('accepts each code once, even if it is sent several times at once', async () => {
    const { user, secret } = await guarded();
    const code = codeOf(api, secret);
    const answers = await Promise.all([1, 2, 3].map(() => login(user, code)));
    expect(statuses(answers)).toEqual([200, 401, 401]);
    await login(user, code).expect(401);
    api.advance(STEP_SECONDS);
    await login(user, code).expect(401); // still in the window
    await login(user, codeOf(api, secret)).expect(200);
  });

  it('does not accept the code that turned it on', async () => {
    const user = await someone();
    const secret = await setUp(user);
    const code = codeOf(api, secret);
    await twoFactor('totp/confirm', user, { code }).expect(200);
    await login(user, code).expect(401);
  });

  it('audits a wrong code as a failed sign-in, without it', async () => {
    const { user, secret } = await guarded();
    const code = wrongCodeOf(api, secret);
    await login(user, code).expect(401);
    const entries = await api.auditOf(user.id, 'user.login_failed');
    expect(entries).toMatchObject([{ after: { method: 'password', code: 'two_factor_invalid' } }]);
    expect(JSON.stringify(entries[0]!.after)).not.toContain(code);
  });

  it('does not accept a code of another user', async () => {
    const [mine, theirs] = [await guarded(), await guarded()];
    await login(mine.user, codeOf(api, theirs.secret)).expect(401);
    await login(mine.user, theirs.recoveryCodes[0]).expect(401);
  });
});

describe('recovery codes', () => {
  it('sign in once each, however they are typed, which is audited', async () => {
    const { user, recoveryCodes } = await guarded();
    const [first, second] = recoveryCodes as [string, string];
    await login(user, first).expect(200);
    await login(user, first).expect(401);
    await login(user, ` ${second.toUpperCase().replace('-', ' ')} `).expect(200);
    api.clock.offsetMs = 0;
    expect(await statusOf(user)).toEqual({ enabled: true, recovery_codes_left: 8 });
    expect(await api.auditOf(user.id, 'user.recovery_code_used')).toMatchObject([
      { actorId: user.id, after: { recovery_codes_left: 9 } },
      { after: { recovery_codes_left: 8 } },
    ]);
  });

  it('sign in once if several requests send the same at once', async () => {
    const { user, recoveryCodes } = await guarded();
    const answers = await Promise.all([1, 2, 3, 4].map(() => login(user, recoveryCodes[0])));
    expect(statuses(answers)).toEqual([200, 401, 401, 401]);
  });

  it('are replaced for a code, which makes the old ones invalid', async () => {
    const { user, secret, recoveryCodes } = await guarded();
    const { body } = await twoFactor('recovery-codes', user, { code: codeOf(api, secret) }).expect(200);
    expect(body.recovery_codes).toHaveLength(10);
    await login(user, recoveryCodes[0]).expect(401);
    await login(user, body.recovery_codes[0]).expect(200);
    expect(await api.auditOf(user.id, 'user.recovery_codes_renewed')).toHaveLength(1);
  });

  it('are not replaced without a right code, or if there are none', async () => {
    const { user, secret, recoveryCodes } = await guarded();
    await twoFactor('recovery-codes', user, { code: wrongCodeOf(api, secret) }).expect(401);
    await login(user, recoveryCodes[0]).expect(200);
    const without = await someone();
    const refused = await twoFactor('recovery-codes', without, { code: '123456' }).expect(409);
    expect(refused.body.code).toBe('two_factor_not_enabled');
  });
});

describe('turning the second factor off', () => {
  it('requires a code; then the password alone is enough', async () => {
    const { user, secret, recoveryCodes } = await guarded();
    await twoFactor('totp/disable', user, { code: wrongCodeOf(api, secret) }).expect(401);
    await twoFactor('totp/disable', user, { code: codeOf(api, secret) }).expect(204);
    await login(user).expect(200);
    expect(await statusOf(user)).toEqual({ enabled: false, recovery_codes_left: 0 });
    expect(await api.auditOf(user.id, 'user.two_factor_disabled')).toMatchObject([
      { before: { two_factor_enabled: true }, after: { two_factor_enabled: false } },
    ]);
    expect((await mailsTo(api, user.email)).at(-1)).toMatchObject({ data: { enabled: false } });
    const refused = await twoFactor('totp/disable', user, { code: recoveryCodes[0]! }).expect(409);
    expect(refused.body.code).toBe('two_factor_not_enabled');
  });

  it('accepts a recovery code too', async () => {
    const { user, recoveryCodes } = await guarded();
    await twoFactor('totp/disable', user, { code: recoveryCodes[3]! }).expect(204);
  });
});
