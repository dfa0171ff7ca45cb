import { http, HttpResponse } from 'msw';
import { beforeEach } from 'vitest';
import { renderApp } from './render-app.tsx';
import { me, server } from './server.ts';

const problem = (status: number, code: string, errors: object[] = []) =>
  HttpResponse.json({ code, title: code, status, errors }, { status });
const none = () => new HttpResponse(null, { status: 204 });
const list = (results: object[]) => HttpResponse.json({ count: results.length, next: null, previous: null, results });

export const now = new Date().toISOString();
/** The times are set anew for each test: in a file that runs for a minute they would otherwise be "1 minute ago". */
function login(id: string, more: object = {}) {
  const made = new Date().toISOString();
  return {
    id,
    method: 'password',
    ip: '203.0.113.7',
    current: false,
    created_at: made,
    last_used_at: made,
    expires_at: made,
    user_agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
    ...more,
  };
}
const CLI = { method: 'device', user_agent: 'coditect-license/1.4.0 (linux)' };

/** The account as the API knows it; reset for each test. */
export const account = newAccount();
function newAccount() {
  const flags: { email_verified: boolean; has_password: boolean; two_factor_enabled: boolean } = me;
  return {
    me: { ...me, ...flags, permissions: ['self:read', 'self:update'] as string[], two_factor_required: false },
    secondFactor: { enabled: false, recovery_codes_left: 0 },
    logins: [login('1', { current: true }), login('2', CLI)],
    identities: [] as object[],
    sent: [] as unknown[],
  };
}

/** Gives each test of a file a new account. Files share this module, so each says it for itself. */
export const renewAccount = (): void => beforeEach(() => void Object.assign(account, newAccount()));

/** Opens the profile page of this account. */
export function openProfile(path = '/profile') {
  const view = renderApp(path, { permissions: [] });
  const codes = { recovery_codes: ['7rj3k-0w9xq', 'b2m8t-vh5pz'] };
  const withCode = async (request: Request, done: () => Response) => {
    const { code } = (await request.json()) as { code: string };
    return code === '123456' ? done() : problem(401, 'two_factor_invalid');
  };
  server.use(
    http.get('*/api/v1/auth/me', () => HttpResponse.json(account.me)),
    http.patch('*/api/v1/auth/me', async ({ request }) => {
      const { name } = (await request.json()) as { name: string };
      if (name === '\u200D')
        return problem(422, 'validation_failed', [{ path: 'name', message: 'must be visible', code: 'invalid' }]);
      account.me = { ...account.me, name };
      return HttpResponse.json(account.me);
    }),
    http.get('*/api/v1/auth/logins', () => list(account.logins)),
    http.delete('*/api/v1/auth/logins/:id', ({ params }) => {
      account.logins = account.logins.filter(({ id }) => id !== params['id']);
      return none();
    }),
    http.post('*/api/v1/auth/logout-everywhere', async ({ request }) => {
      account.sent.push(await request.json());
      account.logins = account.logins.filter(({ id }) => id === '1');
      return none();
    }),
    http.get('*/api/v1/auth/identities', () => list(account.identities)),
    http.delete('*/api/v1/auth/identities/:id', () => {
      if (account.me.email === 'linked@acme.example') return problem(409, 'last_sign_in_method');
      account.identities = [];
      return none();
    }),
    http.get('*/api/v1/auth/providers', () => list([{ id: 'company', name: 'Company', kind: 'oidc' }])),
    http.get('*/api/v1/auth/two-factor', () => HttpResponse.json(account.secondFactor)),
    http.post('*/api/v1/auth/two-factor/totp', async ({ request }) => {
      const body = (await request.json()) as { current_password?: string };
      if (body.current_password === 'wrong') return problem(401, 'invalid_credentials');
      account.sent.push(body);
      return HttpResponse.json({ secret: 'JBSWY3DPEHPK3PXP', otpauth_url: 'otpauth://totp/x?secret=JBSWY3DPEHPK3PXP' });
    }),
    http.post('*/api/v1/auth/two-factor/totp/confirm', ({ request }) =>
      withCode(request, () => {
        account.secondFactor = { enabled: true, recovery_codes_left: 2 };
        account.me = { ...account.me, two_factor_enabled: true };
        return HttpResponse.json(codes);
      }),
    ),
    http.post('*/api/v1/auth/two-factor/recovery-codes', ({ request }) =>
      withCode(request, () => HttpResponse.json(codes)),
    ),
    http.post('*/api/v1/auth/two-factor/totp/disable', ({ request }) =>
      withCode(request, () => {
        account.secondFactor = { enabled: false, recovery_codes_left: 0 };
        return none();
      }),
    ),
    http.post('*/api/v1/auth/password/change', async ({ request }) => {
      const { current_password: current, new_password: next } = (await request.json()) as Record<string, string>;
      if (current === 'wrong') return problem(401, 'invalid_credentials');
      if (next === 'short')
        return problem(422, 'validation_failed', [
          { path: 'new_password', message: 'is too short', code: 'too_short' },
        ]);
      return none();
    }),
    http.post('*/api/v1/auth/email/verification', () => new HttpResponse(null, { status: 202 })),
    http.post('*/api/v1/auth/email/change', async ({ request }) => {
      const body = (await request.json()) as { current_password?: string };
      if (body.current_password === 'wrong') return problem(401, 'invalid_credentials');
      account.sent.push(body);
      return new HttpResponse(null, { status: 202 });
    }),
  );
  return view;
}
