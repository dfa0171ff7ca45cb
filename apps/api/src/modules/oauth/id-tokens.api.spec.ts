import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { TestApp } from '#test/app';
import { cookiesSetBy } from '#test/cookies';
import type { TestTenant, TestUser } from '#test/factory';
import { IdentityPlatformStub, newPlatformKey } from '#test/identity-platform';

let platform: IdentityPlatformStub;
let api: TestApp;
let tenant: TestTenant;
let user: TestUser;

const providers = (...list: object[]) => ({ OIDC_PROVIDERS: JSON.stringify(list) });

beforeAll(async () => {
  platform = await IdentityPlatformStub.start();
  const ofTenant = platform.settings({ id: 'of-a-customer', platform_tenant: 'customer-7x2' });
  api = await TestApp.start(undefined, providers(platform.settings(), ofTenant));
});
beforeEach(async () => {
  tenant = await api.factory.tenant();
  user = await api.factory.user(tenant.id, 'member', { emailVerifiedAt: new Date() });
});
afterEach(() => {
  vi.useRealTimers();
  api.clock.offsetMs = 0;
  platform.published = [platform.key];
  platform.status = 200;
});
afterAll(async () => {
  await api.stop();
  await platform.stop();
});

const seconds = () => Math.floor(Date.now() / 1000);
/** The claims of a token about the user. */
const own = (changes: object = {}) => ({ email: user.email, email_verified: true, ...changes });
const signIn = (idToken: string, body: object = {}, provider = 'platform', at = api) =>
  at.post(`auth/oauth/${provider}/token`, { id_token: idToken, ...body });
const loginsOf = ({ id }: { id: string }) => api.db.system.login.count({ where: { userId: id } });

async function expectRefused(idToken: string, provider?: string): Promise<void> {
  const before = await loginsOf(user);
  const answer = await signIn(idToken, {}, provider).expect(400);
  expect(answer.body).toMatchObject({ code: 'oauth_failed' });
  expect(cookiesSetBy(answer)).toEqual([]);
  expect(await loginsOf(user)).toBe(before);
}

describe('an ID token that is not valid', () => {
  it.each<[string, () => object]>([
    ['of another issuer', () => ({ iss: 'https://accounts.google.com' })],
    ['of another project, which the same keys sign for', () => ({ iss: 'https://securetoken.google.com/evil' })],
    ['for another project', () => ({ aud: 'evil' })],
    ['without an audience', () => ({ aud: undefined })],
    ['that has expired', () => ({ exp: seconds() - 11 })],
    ['that never expires', () => ({ exp: undefined })],
    ['of a person who signed in more than five minutes ago', () => ({ auth_time: seconds() - 320 })],
    ['without a time of sign-in', () => ({ auth_time: undefined })],
    ['of a sign-in that is still to come', () => ({ auth_time: seconds() + 60 })],
    ['that was issued more than five minutes ago', () => ({ iat: seconds() - 320 })],
    ['that is still to be issued', () => ({ iat: seconds() + 60 })],
    ['without a time of issue', () => ({ iat: undefined })],
    ['without a subject', () => ({ sub: undefined })],
    ['with an empty subject', () => ({ sub: '' })],
    ['with a subject of more than 128 characters', () => ({ sub: 'x'.repeat(129) })],
    ['with a subject that cannot be stored', () => ({ sub: 'a\0b' })],
    ['of a user of some tenant within the project', () => ({ firebase: { tenant: 'customer-7x2' } })],
    ['that says nothing of how the person signed in', () => ({ firebase: undefined })],
  ])('%s is refused', async (_, claims) => {
    await expectRefused(platform.token(own(claims())));
  });

  it('that was valid is refused once its sign-in is five minutes old', async () => {
    const token = platform.token(own());
    api.advance(5 * 60 + 11);
    await expectRefused(token);
    api.clock.offsetMs = 0;
    await signIn(token).expect(200);
  });

  it('signed with another key under the id of the right one is refused', async () => {
    const { kid } = platform.key;
    await expectRefused(platform.token(own(), { ...newPlatformKey(), kid }));
  });

  it('is refused if it was changed', async () => {
    const [head, , signature] = platform.token(own({ email: tenant.viewer.email })).split('.');
    const claims = Buffer.from(JSON.stringify(platform.claims(own()))).toString('base64url');
    await expectRefused(`${head}.${claims}.${signature}`);
  });

  it('without a signature, or with a MAC by the public key, is refused', async () => {
    await expectRefused(platform.unsignedToken(own()));
    await expectRefused(platform.tokenWithMac(own()));
  });

  it.each(['', 'x', 'a.b', 'a.b.c.d', 'a b.c.d', `${'a'.repeat(8190)}.b.c`])(
    'that is not a JWT gets 422',
    async (text) => {
      const { body } = await signIn(text).expect(422);
      expect(body.errors).toMatchObject([{ path: 'id_token' }]);
    },
  );

  it('of another tenant in the project is refused', async () => {
    await expectRefused(platform.token(own()), 'of-a-customer');
    await expectRefused(platform.token(own({ firebase: { tenant: 'customer-8' } })), 'of-a-customer');
    await signIn(platform.token(own({ firebase: { tenant: 'customer-7x2' } })), {}, 'of-a-customer').expect(200);
  });
});

describe('the keys of the platform', () => {
  let fresh: TestApp;
  beforeEach(async () => {
    fresh = await TestApp.start(api.stack, providers(platform.settings()));
    platform.requests = 0;
  });
  afterEach(() => fresh.stop());
  const statusOf = async (idToken: string) => (await signIn(idToken, {}, 'platform', fresh)).status;
  /** Moves the clock of the JWT library. */
  const passTime = (ms: number) => vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms });

  it('are fetched once, not for each token', async () => {
    expect([await statusOf(platform.token(own())), await statusOf(platform.token(own()))]).toEqual([200, 200]);
    expect(platform.requests).toBe(1);
  });

  it('are fetched again if a token names an unknown one, once in 30 seconds', async () => {
    const next = newPlatformKey();
    expect(await statusOf(platform.token(own(), next))).toBe(400);
    expect(platform.requests).toBe(1);
    passTime(31_000);
    expect([await statusOf(platform.token(own(), next)), await statusOf(platform.token(own(), next))]).toEqual([
      400, 400,
    ]);
    expect(platform.requests).toBe(2);
    platform.published = [platform.key, next];
    passTime(31_000);
    expect(await statusOf(platform.token(own(), next))).toBe(200);
    expect(platform.requests).toBe(3);
  });

  it('lead to 503 if they cannot be fetched, and the same token works later', async () => {
    const token = platform.token(own());
    platform.status = 500;
    const answer = await signIn(token, {}, 'platform', fresh).expect(503);
    expect(answer.body).toMatchObject({ code: 'temporarily_unavailable', detail: 'Acme cannot be reached.' });
    expect(answer.headers['retry-after']).toBe('10');
    platform.status = 200;
    expect(await statusOf(token)).toBe(200);
  });

  it('lead to 503 too if no server listens at their address', async () => {
    const cutOff = await TestApp.start(
      api.stack,
      providers(platform.settings({ jwks_url: 'http://127.0.0.1:1/jwks' })),
    );
    try {
      const answer = await signIn(platform.token(own()), {}, 'platform', cutOff).expect(503);
      expect(answer.body.code).toBe('temporarily_unavailable');
    } finally {
      await cutOff.stop();
    }
  });
});
