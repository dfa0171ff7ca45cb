import type { Login } from '@coditect/contracts/logins';
import type { TokenResponse } from '@coditect/contracts/auth';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import type { TestTenant, TestUser } from '#test/factory';
import { newApiKey } from '#platform/access/api-key-token';
import { hashPassword } from '#test/passwords';

const PASSWORD = 'correct horse battery staple';
const DAY_SECONDS = 24 * 3600;
const UNKNOWN_ID = '01890000-0000-7000-8000-000000000000';

type Tokens = TokenResponse & { refresh_token: string };

let api: TestApp;
let tenant: TestTenant;
let user: TestUser;
let passwordHash: string;
beforeAll(async () => {
  api = await sharedApp();
  passwordHash = await hashPassword(PASSWORD);
  tenant = await api.factory.tenant();
});
afterEach(() => {
  api.clock.offsetMs = 0;
});

/** A user with no logins but those that a test begins, and the factory's. */
async function newcomer(): Promise<TestUser> {
  return api.factory.user(tenant.id, 'member', { passwordHash });
}
async function signIn(as: TestUser, userAgent = 'a browser'): Promise<Tokens> {
  const call = api.post('auth/login', { email: as.email, password: PASSWORD }).set('user-agent', userAgent);
  return (await call.expect(200)).body as Tokens;
}
const refresh = (token: string) => api.post('auth/refresh', { refresh_token: token });
const refreshed = async (token: string) => (await refresh(token).expect(200)).body as Tokens;
const remove = (route: string, accessToken?: string) => {
  const call = api.http().delete(`/api/v1/${route}`);
  return accessToken ? call.set('authorization', `Bearer ${accessToken}`) : call;
};
async function loginsOf(accessToken: string): Promise<Login[]> {
  return (await api.get('auth/logins', accessToken).expect(200)).body.results as Login[];
}
async function currentLogin(accessToken: string): Promise<Login> {
  return (await loginsOf(accessToken)).find(({ current }) => current)!;
}

describe('a client that lost the response of a refresh', () => {
  beforeAll(async () => {
    user = await newcomer();
  });

  it('may repeat it within 30 seconds: the lost pair is revoked, and the login continues', async () => {
    const first = await signIn(user);
    await refreshed(first.refresh_token);
    api.advance(29);
    const again = await refreshed(first.refresh_token);
    await api.get('auth/me', again.access_token).expect(200);
    await refreshed(again.refresh_token);
  });

  it('may lose the response of any refresh, and more than once', async () => {
    const second = await refreshed((await signIn(user)).refresh_token);
    await refreshed(second.refresh_token);
    await refreshed(second.refresh_token);
    const third = await refreshed(second.refresh_token);
    const fourth = await refreshed(third.refresh_token);
    await api.get('auth/me', fourth.access_token).expect(200);
    expect(await loginsOf(fourth.access_token)).toContainEqual(expect.objectContaining({ current: true }));
  });

  it('does not get more time by repeating it', async () => {
    const first = await signIn(user);
    await refreshed(first.refresh_token);
    api.advance(20);
    await refreshed(first.refresh_token);
    api.advance(20);
    await refresh(first.refresh_token).expect(401);
  });

  it.each([
    ['when 30 seconds have passed', async () => api.advance(31)],
    ['when the next one has been used already', async (next: Tokens) => refreshed(next.refresh_token)],
  ])('ends the login %s', async (_, meanwhile) => {
    const first = await signIn(user);
    const second = await refreshed(first.refresh_token);
    await meanwhile(second);
    expect((await refresh(first.refresh_token).expect(401)).body.code).toBe('invalid_token');
    await refresh(second.refresh_token).expect(401);
    await api.get('auth/me', second.access_token).expect(401);
  });

  it('ends the login if the revoked pair is used, because that is a copy', async () => {
    const first = await signIn(user);
    const lost = await refreshed(first.refresh_token);
    const again = await refreshed(first.refresh_token);
    const before = await api.auditOf(user.id, 'refresh_token.reused');
    await refresh(lost.refresh_token).expect(401);
    await refresh(again.refresh_token).expect(401);
    await api.get('auth/me', again.access_token).expect(401);
    expect(await api.auditOf(user.id, 'refresh_token.reused')).toHaveLength(before.length + 1);
  });

  it('gets no pair after a logout', async () => {
    const first = await signIn(user);
    const second = await refreshed(first.refresh_token);
    await api.post('auth/logout', { refresh_token: second.refresh_token }).expect(204);
    await refresh(first.refresh_token).expect(401);
  });
});

describe('the lifetime of a login', () => {
  it('is 30 days from the sign-in, however often it is refreshed', async () => {
    user = await newcomer();
    const first = await signIn(user);
    expect(Math.abs(first.refresh_token_expires_in - 30 * DAY_SECONDS)).toBeLessThan(60);
    api.advance(20 * DAY_SECONDS);
    const second = await refreshed(first.refresh_token);
    expect(Math.abs(second.refresh_token_expires_in - 10 * DAY_SECONDS)).toBeLessThan(60);
    api.advance(10 * DAY_SECONDS - 60);
    const third = await refreshed(second.refresh_token);
    await api.get('auth/me', third.access_token).expect(200);
    api.advance(61);
    await refresh(third.refresh_token).expect(401);
    await api.get('auth/me', third.access_token).expect(401); // although the token is younger than 15 minutes
  });
});

describe('the list of logins', () => {
  it("shows the caller's own active logins, the last used first, and marks the current one", async () => {
    user = await newcomer();
    const laptop = await signIn(user, 'laptop');
    api.advance(60);
    const phone = await signIn(user, 'phone');
    api.advance(60);
    await refreshed(laptop.refresh_token);
    const ended = await signIn(user, 'ended');
    await api.post('auth/logout', { refresh_token: ended.refresh_token }).expect(204);

    const { body } = await api.get('auth/logins', phone.access_token).expect(200);
    expect(body).toMatchObject({ count: 3, next: null, previous: null });
    const [first, second] = body.results as Login[];
    expect(first).toMatchObject({ user_agent: 'laptop', method: 'password', current: false, ip: '127.0.0.1' });
    expect(second).toMatchObject({ user_agent: 'phone', current: true });
    expect(Date.parse(first!.last_used_at) - Date.parse(first!.created_at)).toBeGreaterThanOrEqual(120_000);
    expect(Date.parse(first!.expires_at) - Date.parse(first!.created_at)).toBe(30 * DAY_SECONDS * 1000);
  });

  it('can be ordered and read in pages', async () => {
    const route = 'auth/logins?limit=1&offset=1&ordering=created_at';
    const { body } = await api.get(route, user.accessToken).expect(200);
    expect(body).toMatchObject({ count: 3, results: [{ user_agent: 'laptop' }] });
    await api.get('auth/logins?ordering=ip', user.accessToken).expect(422);
  });

  it('does not show expired logins, nor those of other users', async () => {
    const reader = await newcomer();
    await signIn(reader, 'old');
    api.advance(31 * DAY_SECONDS);
    const { body } = await api.get('auth/logins', (await signIn(reader, 'new')).access_token).expect(200);
    expect((body.results as Login[]).map(({ user_agent }) => user_agent)).not.toContain('old');
    expect(body.results).toContainEqual(expect.objectContaining({ user_agent: 'new', current: true }));
    await api.get('auth/logins').expect(401);
  });
});

describe('ending one login', () => {
  it('stops its refresh token and its access token at once, is audited, and leaves the others', async () => {
    user = await newcomer();
    const [here, lost] = [await signIn(user, 'here'), await signIn(user, 'lost')];
    const { id } = await currentLogin(lost.access_token);
    await remove(`auth/logins/${id}`, here.access_token).expect(204);
    expect((await api.get('auth/me', lost.access_token).expect(401)).body.code).toBe('invalid_token');
    await refresh(lost.refresh_token).expect(401);
    await api.get('auth/me', here.access_token).expect(200);
    expect(await api.auditOf(id)).toMatchObject([
      { action: 'login.revoked', resourceType: 'login', actorId: user.id, tenantId: tenant.id },
    ]);
    expect((await remove(`auth/logins/${id}`, here.access_token).expect(404)).body.code).toBe('login_not_found');
  });

  it('can be the caller’s current one', async () => {
    const here = await signIn(user);
    await remove(`auth/logins/${(await currentLogin(here.access_token)).id}`, here.access_token).expect(204);
    await api.get('auth/me', here.access_token).expect(401);
  });

  it('is not possible for logins of other users, even for an owner, or for unknown ones', async () => {
    const other = await api.factory.tenant();
    for (const [id, accessToken] of [
      [user.loginId, tenant.owner.accessToken],
      [user.loginId, other.owner.accessToken],
      [UNKNOWN_ID, user.accessToken],
    ] as const)
      expect((await remove(`auth/logins/${id}`, accessToken).expect(404)).body.code).toBe('login_not_found');
    await remove('auth/logins/not-an-id', user.accessToken).expect(422);
    await remove(`auth/logins/${user.loginId}`).expect(401);
    await api.get('auth/me', user.accessToken).expect(200);
  });

  it('wins over a concurrent refresh', async () => {
    for (let i = 0; i < 10; i += 1) {
      const racing = await signIn(user);
      const { id } = await currentLogin(racing.access_token);
      const [, next] = await Promise.all([
        remove(`auth/logins/${id}`, user.accessToken).expect(204),
        refresh(racing.refresh_token),
      ]);
      if (next.status === 200) {
        await refresh(next.body.refresh_token).expect(401);
        await api.get('auth/me', next.body.access_token).expect(401);
      }
    }
  });
});

describe('logging out', () => {
  it('stops the access token at once', async () => {
    user = await newcomer();
    const { access_token, refresh_token } = await signIn(user);
    await api.post('auth/logout', { refresh_token }).expect(204);
    expect((await api.get('auth/me', access_token).expect(401)).body.code).toBe('invalid_token');
  });

  it('everywhere ends every login of the caller, and no others', async () => {
    const logins = [await signIn(user), await signIn(user), await signIn(user)];
    await api.post('auth/logout-everywhere', {}, logins[1]!.access_token).expect(204);
    for (const { access_token, refresh_token } of logins) {
      await api.get('auth/me', access_token).expect(401);
      await refresh(refresh_token).expect(401);
    }
    await api.get('auth/me', tenant.member.accessToken).expect(200);
    expect((await api.auditOf(user.id, 'user.logged_out_everywhere'))[0]).toMatchObject({
      after: { logins_ended: 4, except_current: false }, // including the factory's
      actorId: user.id,
    });
  });

  it('everywhere else keeps the current one', async () => {
    const [here, there] = [await signIn(user), await signIn(user)];
    await api.post('auth/logout-everywhere', { except_current: true }, here.access_token).expect(204);
    await api.get('auth/me', there.access_token).expect(401);
    await refresh(there.refresh_token).expect(401);
    await refreshed(here.refresh_token);
    expect(await loginsOf(here.access_token)).toMatchObject([{ current: true }]);
  });

  it('everywhere needs no body, and refuses an unknown field', async () => {
    const { access_token } = await signIn(user);
    const bare = (token: string) =>
      api.http().post('/api/v1/auth/logout-everywhere').set('authorization', `Bearer ${token}`);
    await api.post('auth/logout-everywhere', { except_curent: true }, access_token).expect(422);
    await bare(access_token).expect(204);
    await api.get('auth/me', access_token).expect(401);
    await api.http().post('/api/v1/auth/logout-everywhere').expect(401);
  });

  it('everywhere, twice at once and during refreshes, leaves no login', async () => {
    for (let i = 0; i < 5; i += 1) {
      const logins = await Promise.all([1, 2, 3, 4].map(() => signIn(user)));
      const [one, two, ...others] = logins;
      const answers = await Promise.all([
        api.post('auth/logout-everywhere', {}, one!.access_token),
        api.post('auth/logout-everywhere', {}, two!.access_token),
        ...others.map(({ refresh_token }) => refresh(refresh_token)),
      ]);
      expect(answers.map(({ status }) => status).filter((status) => ![200, 204, 401].includes(status))).toEqual([]);
      for (const { access_token } of logins) await api.get('auth/me', access_token).expect(401);
      for (const { status, body } of answers) if (status === 200) await refresh(body.refresh_token).expect(401);
    }
  });
});

describe('an API key', () => {
  it('cannot end logins of its user', async () => {
    user = await newcomer();
    const { key, prefix, hash } = newApiKey(tenant.id);
    await api.db.system.apiKey.create({
      data: { tenantId: tenant.id, userId: user.id, name: 'CI', prefix, keyHash: new Uint8Array(hash), scopes: [] },
    });
    for (const call of [api.post('auth/logout-everywhere', {}, key), remove(`auth/logins/${user.loginId}`, key)])
      expect((await call.expect(403)).body.code).toBe('forbidden');
    await api.get('auth/me', user.accessToken).expect(200);
  });
});
