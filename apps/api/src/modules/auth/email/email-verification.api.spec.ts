import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import type { TestTenant, TestUser } from '#test/factory';
import { mailsTo, tokenIn } from '#test/mails';

let api: TestApp;
let tenant: TestTenant;
beforeAll(async () => {
  api = await sharedApp();
  tenant = await api.factory.tenant();
});
afterEach(() => {
  api.clock.offsetMs = 0;
});

const statuses = (answers: { status: number }[]) => answers.map(({ status }) => status).toSorted((a, b) => a - b);
const someone = () => api.factory.user(tenant.id, 'viewer');
const ask = (user: TestUser) => api.post('auth/email/verification', {}, user.accessToken);
const verify = (token: string) => api.post('auth/email/verify', { token });
const me = async (user: TestUser) => (await api.get('auth/me', user.accessToken).expect(200)).body;
async function linkFor(user: TestUser): Promise<string> {
  await ask(user).expect(202);
  return tokenIn((await mailsTo(api, user.email)).at(-1));
}

describe('verifying an e-mail address', () => {
  it('needs the mailed link and no login, and is audited', async () => {
    const user = await someone();
    expect(await me(user)).toMatchObject({ email_verified: false });
    const token = await linkFor(user);
    expect(await api.auditOf(user.id)).toMatchObject([
      { action: 'user.email_verification_requested', actorType: 'user', actorId: user.id },
    ]);
    const [mail] = await mailsTo(api, user.email);
    expect(mail).toMatchObject({ template: 'email_verification', data: { tenant: tenant.slug } });
    expect(token).toMatch(/^cev_[\w-]{64}$/);
    await verify(token).expect(204);
    expect(await me(user)).toMatchObject({ email_verified: true });
    expect(await api.auditOf(user.id, 'user.email_verified')).toMatchObject([
      { actorType: 'user', actorId: user.id, before: { email_verified: false }, after: { email_verified: true } },
    ]);
    const { version } = await api.db.system.user.findFirstOrThrow({ where: { id: user.id } });
    expect(version).toBe(user.version + 1);
  });

  it('works once, even for several at once', async () => {
    const user = await someone();
    const token = await linkFor(user);
    const answers = await Promise.all([1, 2, 3, 4].map(() => verify(token)));
    expect(statuses(answers)).toEqual([204, 410, 410, 410]);
  });

  it('works with the newest link only, for 24 hours', async () => {
    const user = await someone();
    const older = await linkFor(user);
    const newer = await linkFor(user);
    await verify(older).expect(410);
    api.advance(24 * 3600 + 1);
    await verify(newer).expect(410);
    api.clock.offsetMs = 0;
    api.advance(24 * 3600 - 60);
    await verify(newer).expect(204);
  });

  it('refuses a link to an address that has changed since', async () => {
    const user = await someone();
    const token = await linkFor(user);
    await api.db.system.user.updateMany({ where: { id: user.id }, data: { email: `new-${user.email}` } });
    expect((await verify(token).expect(410)).body.code).toBe('link_invalid');
    expect(await me(user)).toMatchObject({ email_verified: false });
  });

  it('refuses forgeries and links to set a password', async () => {
    const user = await someone();
    await api.post('auth/password/forgot', { email: user.email }).expect(202);
    const other = tokenIn((await mailsTo(api, user.email)).at(-1));
    for (const wrong of ['x', 'cev_', other, other.replace('cpr_', 'cev_')]) await verify(wrong).expect(410);
    expect(await me(user)).toMatchObject({ email_verified: false });
  });
});

describe('asking for the link', () => {
  it('sends nothing if the address is verified', async () => {
    const user = await someone();
    await verify(await linkFor(user)).expect(204);
    await ask(user).expect(202);
    expect(await mailsTo(api, user.email)).toHaveLength(1);
  });

  it('sends three an hour, then tells how long to wait', async () => {
    const user = await someone();
    for (let i = 0; i < 3; i += 1) await ask(user).expect(202);
    const { body, headers } = await ask(user).expect(429);
    expect(body.code).toBe('too_many_attempts');
    expect(headers['retry-after']).toBe('3600');
    api.advance(3601);
    await ask(await api.factory.signIn(user)).expect(202);
  });

  it('needs a person who signed in', async () => {
    await api.post('auth/email/verification').expect(401);
  });
});
