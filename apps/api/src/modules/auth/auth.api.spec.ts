import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import type { TestTenant, TestUser } from '#test/factory';
import { parseSecretToken } from '#platform/secrets/secret-token';
import { hashPassword } from '#test/passwords';

const PASSWORD = 'correct horse battery staple';

let api: TestApp;
let tenant: TestTenant;
let user: TestUser;
beforeAll(async () => {
  api = await sharedApp();
  tenant = await api.factory.tenant();
  user = await api.factory.user(tenant.id, 'member', { passwordHash: await hashPassword(PASSWORD) });
});

const login = (body: object) => api.post('auth/login', body);
const auditOf = (action: string, resourceId: string) =>
  api.db.system.auditLog.findMany({ where: { action, resourceId }, orderBy: { occurredAt: 'asc' } });

describe('signing in with e-mail and password', () => {
  it('returns an access token for 15 minutes and a refresh token, uncached, and is audited', async () => {
    const { body, headers } = await login({ email: user.email, password: PASSWORD }).expect(200);
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 900 });
    expect(headers['cache-control']).toBe('no-store');
    const me = await api.get('auth/me', body.access_token).expect(200);
    expect(me.body).toMatchObject({ id: user.id, email: user.email, role: 'member', tenant: { slug: tenant.slug } });
    expect(me.body.permissions).toContain('license_session:acquire');
    expect(await auditOf('user.logged_in', user.id)).toHaveLength(1);
  });

  it('accepts the e-mail in any case', async () => {
    await login({ email: user.email.toUpperCase(), password: PASSWORD }).expect(200);
  });

  it('gives the same response to a wrong password, an unknown e-mail and a user without a password', async () => {
    const unknown = await login({ email: 'nobody@example.test', password: PASSWORD }).expect(401);
    const wrong = await login({ email: user.email, password: 'wrong' }).expect(401);
    const without = await login({ email: tenant.viewer.email, password: PASSWORD }).expect(401);
    for (const { body } of [unknown, wrong, without]) {
      expect(body.code).toBe('invalid_credentials');
      expect({ ...body, request_id: '' }).toEqual({ ...unknown.body, request_id: '' });
    }
    const [failure] = await auditOf('user.login_failed', user.id);
    expect(JSON.stringify(failure)).not.toContain('wrong');
    expect(failure).toMatchObject({ actorType: 'system', tenantId: tenant.id });
  });

  it('names a missing or malformed field', async () => {
    const { body } = await login({ email: 'no-address' }).expect(422);
    expect(body.errors.map((error: { path: string }) => error.path).toSorted()).toEqual(['email', 'password']);
  });

  it('tells a disabled user the reason, but only with the right password', async () => {
    const disabled = await api.factory.user(tenant.id, 'member', {
      passwordHash: await hashPassword(PASSWORD),
      status: 'disabled',
    });
    await login({ email: disabled.email, password: 'wrong' }).expect(401);
    const { body } = await login({ email: disabled.email, password: PASSWORD }).expect(403);
    expect(body.code).toBe('user_disabled');
    expect((await auditOf('user.login_failed', disabled.id)).map(({ after }) => after)).toEqual([
      { method: 'password', code: 'invalid_credentials' },
      { method: 'password', code: 'user_disabled' },
    ]);
  });

  it('commits as many transactions for an unknown e-mail as for a known one, so that neither is slower', async () => {
    const next = async () => {
      const [row] = await api.db.system.$queryRaw<{ xid: string }[]>`
        SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS xid`;
      return Number(row!.xid);
    };
    // Postgres counts the transactions of all databases, and other specs may run: take the least of some tries.
    const cost = async (emailOf: () => Promise<string>) => {
      let least = Infinity;
      for (let tries = 0; tries < 20 && least > 1; tries += 1) {
        const email = await emailOf();
        const before = await next();
        await login({ email, password: 'wrong' }).expect(401);
        least = Math.min(least, (await next()) - before);
      }
      return least;
    };
    expect(await cost(async () => (await api.factory.tenant()).viewer.email)).toBe(1);
    expect(await cost(async () => `nobody-${randomUUID()}@example.test`)).toBe(1);
  });
});

describe('one e-mail in two tenants', () => {
  it('must name the tenant by its slug; the refusal lists only those where the password is right', async () => {
    const [first, second, third] = await Promise.all([1, 2, 3].map(() => api.factory.tenant()));
    const email = 'everywhere@example.test';
    const passwordHash = await hashPassword(PASSWORD);
    await api.factory.user(first!.id, 'member', { email, passwordHash });
    await api.factory.user(second!.id, 'admin', { email, passwordHash });
    await api.factory.user(third!.id, 'owner', { email, passwordHash: await hashPassword('another password') });

    const { body } = await login({ email, password: PASSWORD }).expect(409);
    expect(body.code).toBe('tenant_required');
    expect(body.tenants.map((t: { slug: string }) => t.slug).toSorted()).toEqual(
      [first!.slug, second!.slug].toSorted(),
    );

    const chosen = await login({ email, password: PASSWORD, tenant: second!.slug }).expect(200);
    const me = await api.get('auth/me', chosen.body.access_token).expect(200);
    expect(me.body).toMatchObject({ role: 'admin', tenant: { slug: second!.slug } });
    await login({ email, password: PASSWORD, tenant: third!.slug }).expect(401);
  });
});

describe('access tokens', () => {
  it('end after 15 minutes', async () => {
    const { body } = await login({ email: user.email, password: PASSWORD }).expect(200);
    await api.get('auth/me', body.access_token).expect(200);
    api.clock.offsetMs += 901_000;
    try {
      const refused = await api.get('auth/me', body.access_token).expect(401);
      expect(refused.body.code).toBe('invalid_token');
      expect(refused.headers['www-authenticate']).toContain('invalid_token');
    } finally {
      api.clock.offsetMs = 0;
    }
  });

  it.each([
    ['nothing', undefined, 'unauthenticated'],
    ['another scheme', 'Basic Zm9vOmJhcg==', 'invalid_token'],
    ['no token', 'Bearer', 'invalid_token'],
    ['garbage', 'Bearer abc.def.ghi', 'invalid_token'],
    // {"alg":"none"} and an empty signature
    ['an unsigned token', `Bearer ${b64('{"alg":"none","typ":"JWT"}')}.${b64('{"sub":"x"}')}.`, 'invalid_token'],
  ])('refuses %s', async (_, header, code) => {
    const call = api.http().get('/api/v1/auth/me');
    const { body } = await (header ? call.set('authorization', header) : call).expect(401);
    expect(body.code).toBe(code);
  });

  it('refuses a token with any one part changed', async () => {
    const parts = user.accessToken.split('.');
    for (const i of [0, 1, 2]) {
      const changed = parts.map((part, at) => (at === i ? flip(part) : part)).join('.');
      await api.get('auth/me', changed).expect(401);
    }
  });

  it('refuses one signed with the public key as an HMAC secret, and one for another audience', async () => {
    const { JwtService } = await import('@nestjs/jwt');
    const { Keys } = await import('#platform/secrets/keys');
    const keys = api.app.get(Keys);
    const claims = { sub: user.id, tid: tenant.id, role: 'owner', sid: user.id, jti: user.id };
    const common = { issuer: api.config.publicUrl, expiresIn: 900 };
    const publicPem = keys.accessTokenPublicKey.export({ type: 'spki', format: 'pem' });
    const jwt = api.app.get(JwtService);
    const otherAudience = await jwt.signAsync(claims, { audience: 'somebody-else' });
    await api.get('auth/me', otherAudience).expect(401);
    const { createHmac } = await import('node:crypto');
    const head = b64('{"alg":"HS256","typ":"JWT"}');
    const now = Math.floor(Date.now() / 1000);
    const content = b64(
      JSON.stringify({ ...claims, iss: common.issuer, aud: 'coditect-api', iat: now, exp: now + 900 }),
    );
    const mac = createHmac('sha256', publicPem).update(`${head}.${content}`).digest('base64url');
    await api.get('auth/me', `${head}.${content}.${mac}`).expect(401);
  });
});

describe('refresh tokens', () => {
  const signIn = async () => (await login({ email: user.email, password: PASSWORD }).expect(200)).body;
  const refresh = (token: string) => api.post('auth/refresh', { refresh_token: token });

  it('are exchanged for a new pair', async () => {
    const first = await signIn();
    const second = (await refresh(first.refresh_token).expect(200)).body;
    expect(second.refresh_token).not.toBe(first.refresh_token);
    await api.get('auth/me', second.access_token).expect(200);
    await refresh(second.refresh_token).expect(200);
  });

  it('revoke the whole family if they are used twice, half a minute apart, and that is audited', async () => {
    const first = await signIn();
    const second = (await refresh(first.refresh_token).expect(200)).body;
    api.advance(31);
    const before = (await auditOf('refresh_token.reused', user.id)).length;
    expect((await refresh(first.refresh_token).expect(401)).body.code).toBe('invalid_token');
    await refresh(second.refresh_token).expect(401);
    expect(await auditOf('refresh_token.reused', user.id)).toHaveLength(before + 1);
  });

  it('leave one valid refresh token if they are used four times at once', async () => {
    const first = await signIn();
    const answers = await Promise.all([1, 2, 3, 4].map(() => refresh(first.refresh_token).expect(200)));
    const hashes = answers.map(({ body }) => Buffer.from(parseSecretToken('crt_', body.refresh_token)!.hash));
    const rows = await api.db.system.refreshToken.findMany({ where: { tokenHash: { in: hashes } } });
    expect(rows.filter(({ revokedAt }) => revokedAt === null)).toHaveLength(1);
  });

  it('do not outlive a concurrent logout or a concurrent reuse', async () => {
    for (let i = 0; i < 10; i += 1) {
      const loggedOut = await signIn();
      const [, raced] = await Promise.all([
        api.post('auth/logout', { refresh_token: loggedOut.refresh_token }).expect(204),
        refresh(loggedOut.refresh_token),
      ]);
      if (raced.status === 200) await refresh(raced.body.refresh_token).expect(401);

      const stolen = await signIn();
      const current = (await refresh(stolen.refresh_token).expect(200)).body;
      api.advance(31);
      const [, next] = await Promise.all([refresh(stolen.refresh_token).expect(401), refresh(current.refresh_token)]);
      if (next.status === 200) await refresh(next.body.refresh_token).expect(401);
    }
    api.clock.offsetMs = 0;
  });

  it('end by logout, by expiry, and when the user is disabled', async () => {
    const loggedOut = await signIn();
    await api.post('auth/logout', { refresh_token: loggedOut.refresh_token }).expect(204);
    await api.post('auth/logout', { refresh_token: loggedOut.refresh_token }).expect(204);
    await refresh(loggedOut.refresh_token).expect(401);

    const old = await signIn();
    api.clock.offsetMs += 31 * 24 * 3600 * 1000;
    await refresh(old.refresh_token).expect(401);
    api.clock.offsetMs = 0;

    const current = await signIn();
    await api.post(`users/${user.id}/disable`, {}, tenant.owner.accessToken).expect(200);
    await refresh(current.refresh_token).expect(401);
    await api.post(`users/${user.id}/enable`, {}, tenant.owner.accessToken).expect(200);
  });

  it('are stored as hashes only, and garbage is refused', async () => {
    const { refresh_token: token } = await signIn();
    const rows = await api.db.system.refreshToken.findMany({ where: { userId: user.id } });
    const stored = rows.map((row) => Buffer.from(row.tokenHash).toString('base64url')).join(' ');
    expect(stored).not.toContain(token.slice(-43));
    for (const garbage of ['x', 'crt_', `${token}A`, flip(token)]) await refresh(garbage).expect(401);
  });
});

function b64(text: string): string {
  return Buffer.from(text).toString('base64url');
}

/** Changes one character in the middle. */
function flip(text: string): string {
  const at = Math.floor(text.length / 2);
  return text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
}
