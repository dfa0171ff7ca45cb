import { randomUUID } from 'node:crypto';
import { Secret, TOTP } from 'otpauth';
import { hashPassword } from '#test/passwords';
import { mailsOf, tokenIn } from '../mails.js';
import { nothing, type RouteCase, type World } from './route-case.js';

const PASSWORD = 'correct horse battery staple';

/** Sign-in, and the caller's own account. */
export const accountCases: Record<string, RouteCase> = {
  auth_login: async (world) => ({ body: await withPassword(world) }),
  auth_refresh: async (world) => ({ body: { refresh_token: await refreshToken(world) } }),
  auth_logout: async (world) => ({ body: { refresh_token: await refreshToken(world) } }),
  auth_me: nothing,
  profile_update: () => ({ body: { name: 'Renamed' } }),
  logins_list: nothing,
  logins_end: async ({ api, caller }) => ({ params: { id: (await api.factory.signIn(caller)).loginId } }),
  logins_endAll: () => ({ body: { except_current: true } }),

  deviceAuthorizations_begin: () => ({ body: { client_name: 'a laptop' } }),
  deviceAuthorizations_exchange: async (world) => ({
    body: { device_code: (await device(world)).device_code },
    answers: '400 authorization_pending',
  }),
  deviceAuthorizations_waiting: async (world) => ({ params: await waitingDevice(world), ofNoTenant: true }),
  deviceAuthorizations_approve: async (world) => ({ params: await waitingDevice(world), ofNoTenant: true }),
  deviceAuthorizations_deny: async (world) => ({ params: await waitingDevice(world), ofNoTenant: true }),

  oAuth_list: nothing,
  // The providers depend on the configuration. Signing in with them has its own specs.
  oAuth_start: () => ({ params: { provider: 'nowhere' }, answers: '404 provider_not_found' }),
  oAuth_callback: () => ({ params: { provider: 'nowhere' }, answers: '404 provider_not_found' }),
  oAuth_token: () => ({
    params: { provider: 'nowhere' },
    body: { id_token: 'e30.e30.e30' },
    answers: '404 provider_not_found',
  }),
  identities_list: nothing,
  identities_link: () => ({ params: { provider: 'nowhere' }, body: {}, answers: '404 provider_not_found' }),
  identities_unlink: async (world) => {
    await withPassword(world);
    const { id: userId, tenantId } = world.caller;
    const { id } = await world.api.db.system.identity.create({
      data: { tenantId, userId, provider: 'nowhere', subject: randomUUID() },
    });
    return { params: { id } };
  },

  passwords_change: async (world) => {
    await withPassword(world);
    return { body: { current_password: PASSWORD, new_password: 'a battery of correct horses' } };
  },
  passwords_forgot: ({ caller }) => ({ body: { email: caller.email } }),
  passwords_reset: async (world) => {
    await world.api.post('auth/password/forgot', { email: world.caller.email }).expect(202);
    return { body: { token: await mailedToken(world, 'password_reset'), password: 'a battery of correct horses' } };
  },
  emailVerification_request: nothing,
  emailVerification_verify: async (world) => {
    await world.api.post('auth/email/verification', {}, world.caller.accessToken).expect(202);
    return { body: { token: await mailedToken(world, 'email_verification') } };
  },
  emailChange_request: async (world) => ({ body: await anotherEmail(world) }),
  emailChange_confirm: async (world) => {
    await world.api.post('auth/email/change', await anotherEmail(world), world.caller.accessToken).expect(202);
    return { body: { token: await mailedToken(world, 'email_change') } };
  },

  secondFactor_status: nothing,
  secondFactor_setUp: () => ({ body: {} }),
  secondFactor_confirm: async (world) => ({ body: { code: await firstCode(world) } }),
  secondFactor_renew: async (world) => ({ body: { code: await recoveryCode(world) } }),
  secondFactor_disable: async (world) => ({ body: { code: await recoveryCode(world) } }),

  invitationLinks_open: async (world) => ({ params: { token: await invite(world) } }),
  invitationLinks_accept: async (world) => ({
    params: { token: await invite(world) },
    body: { name: 'Grace Hopper', password: PASSWORD },
  }),
};

async function withPassword({ api, caller }: World): Promise<{ email: string; password: string }> {
  await api.db.system.user.update({
    where: { tenantId_id: { tenantId: caller.tenantId, id: caller.id } },
    data: { passwordHash: await hashPassword(PASSWORD) },
  });
  return { email: caller.email, password: PASSWORD };
}

async function anotherEmail(world: World): Promise<{ email: string; current_password: string }> {
  const { password } = await withPassword(world);
  return { email: `${randomUUID()}@example.test`, current_password: password };
}

async function refreshToken(world: World): Promise<string> {
  const { body } = await world.api.post('auth/login', await withPassword(world)).expect(200);
  return (body as { refresh_token: string }).refresh_token;
}

async function device({ api }: World) {
  const { body } = await api.post('auth/device', { client_name: 'a laptop' }).expect(200);
  return body as { device_code: string; user_code: string };
}

async function waitingDevice(world: World): Promise<{ user_code: string }> {
  return { user_code: (await device(world)).user_code };
}

/** Returns the token of the newest mail of a kind, from the link that the worker would send. */
async function mailedToken({ api, tenant }: World, template: string): Promise<string> {
  return tokenIn((await mailsOf(api, tenant)).findLast((mail) => mail.template === template));
}

async function invite(world: World): Promise<string> {
  const body = { email: `${randomUUID()}@example.test`, role: 'member' };
  await world.api.post('users/invitations', body, world.tenant.owner.accessToken).expect(201);
  return mailedToken(world, 'invitation');
}

async function firstCode({ api, caller }: World): Promise<string> {
  const { body } = await api.post('auth/two-factor/totp', {}, caller.accessToken).expect(200);
  const secret = Secret.fromBase32((body as { secret: string }).secret);
  return new TOTP({ secret }).generate({ timestamp: api.clock.now().getTime() });
}

async function recoveryCode(world: World): Promise<string> {
  const code = await firstCode(world);
  const { body } = await world.api.post('auth/two-factor/totp/confirm', { code }, world.caller.accessToken).expect(200);
  return (body as { recovery_codes: string[] }).recovery_codes[0]!;
}
