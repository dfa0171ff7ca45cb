import { act, screen, waitFor } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { renderApp } from '#test/render-app';
import { server } from '#test/server';
import { returnToOf, signInSearch } from './sign-in-search.ts';

const TOKENS = { access_token: 'token', token_type: 'Bearer', expires_in: 900, refresh_token_expires_in: 9000 };
const problem = (status: number, code: string, more: object = {}, headers: Record<string, string> = {}) =>
  HttpResponse.json({ code, title: code, status, ...more }, { status, headers });

type Login = Record<string, string>;

/** Opens the sign-in page for a user who is not signed in. @param answer of the API to each attempt */
function open(path: string, answer: (login: Login) => Response = () => HttpResponse.json(TOKENS)) {
  const view = renderApp(path, { permissions: [], signedIn: false });
  const attempts: Login[] = [];
  server.use(
    http.post('*/api/v1/auth/login', async ({ request }) => {
      const login = (await request.json()) as Login;
      attempts.push(login);
      return answer(login);
    }),
    http.get('*/api/v1/auth/providers', ({ request }) => {
      const own = new URL(request.url).searchParams.get('tenant') === 'acme';
      const results = [
        { id: 'company', name: 'Company', kind: 'oidc' },
        { id: 'gcip', name: 'Google Cloud', kind: 'identity_platform', project_id: 'p' },
        ...(own ? [{ id: 'acme-okta', name: 'Acme Okta', kind: 'oidc' }] : []),
      ];
      return HttpResponse.json({ count: results.length, next: null, previous: null, results });
    }),
  );
  const typePassword = async () => {
    await view.user.type(await screen.findByLabelText('E-mail'), 'ada@acme.example');
    await view.user.type(screen.getByLabelText('Password'), 'correct horse battery staple');
    await view.user.click(screen.getByRole('button', { name: 'Sign in' }));
  };
  return { ...view, attempts, typePassword };
}

afterEach(() => {
  vi.useRealTimers();
});

describe('the sign-in page', () => {
  it('when e-mail address and password are right, then the user returns to the page, and the cookie has the refresh token', async () => {
    const { typePassword, attempts, history } = open('/sign-in?redirect=%2Fprofile');
    await typePassword();
    await waitFor(() => expect(history.location.href).toBe('/profile'));
    expect(attempts).toEqual([
      { email: 'ada@acme.example', password: 'correct horse battery staple', token_delivery: 'cookie' },
    ]);
  });

  it('when the user is signed in already, then it continues to the page', async () => {
    const { history } = renderApp('/sign-in?redirect=%2Fprofile', { permissions: [] });
    await waitFor(() => expect(history.location.href).toBe('/profile'));
  });

  it('when no user was signed in before, then it tries no refresh cookie', async () => {
    const { history } = open('/sign-in');
    const tried = vi.fn<() => Response>(() => HttpResponse.json({}, { status: 401 }));
    server.use(http.post('*/api/v1/auth/refresh', tried));
    expect(await screen.findByRole('link', { name: 'Continue with Company' })).toBeVisible();
    expect(tried).not.toHaveBeenCalled();
    expect(history.location.href).toBe('/sign-in');
  });

  it('when a field is empty, then it sends nothing', async () => {
    const { user, attempts } = open('/sign-in');
    await user.click(await screen.findByRole('button', { name: 'Sign in' }));
    expect(screen.getByText('Enter your e-mail address.')).toBeVisible();
    expect(screen.getByLabelText('Password')).toBeInvalid();
    expect(attempts).toEqual([]);
  });

  it('when the user wants to see the password, then it is shown', async () => {
    const { user } = open('/sign-in');
    const password = await screen.findByLabelText('Password');
    expect(password).toHaveAttribute('type', 'password');
    await user.click(screen.getByRole('button', { name: 'Show password' }));
    expect(password).toHaveAttribute('type', 'text');
  });

  it('when the credentials are wrong, then it does not say which, and keeps the e-mail address', async () => {
    const { typePassword } = open('/sign-in', () => problem(401, 'invalid_credentials'));
    await typePassword();
    expect(await screen.findByRole('alert')).toHaveTextContent('E-mail, password or organization is wrong.');
    expect(screen.getByLabelText('E-mail')).toHaveValue('ada@acme.example');
  });

  it('when the API cannot be reached, then it says so', async () => {
    const { typePassword } = open('/sign-in', () => HttpResponse.error());
    await typePassword();
    expect(await screen.findByRole('alert')).toHaveTextContent('The server cannot be reached.');
  });

  it('when there were too many attempts, then it counts down, and allows no attempt before', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const { typePassword } = open('/sign-in', () => problem(429, 'too_many_attempts', {}, { 'retry-after': '90' }));
    await typePassword();
    const timer = await screen.findByRole('timer');
    expect(timer).toHaveTextContent(/^1:(30|29)$/);
    expect(screen.getByRole('button', { name: 'Sign in' })).toBeDisabled();
    await act(() => vi.advanceTimersByTimeAsync(60_000));
    expect(timer).toHaveTextContent(/^0:(30|29)$/);
    await act(() => vi.advanceTimersByTimeAsync(31_000));
    expect(screen.getByRole('button', { name: 'Sign in' })).toBeEnabled();
    expect(screen.queryByRole('timer')).toBeNull();
  });

  it('when the redirect leads to another site, then it is ignored', () => {
    for (const redirect of ['https://evil.example', '//evil.example', '/\\evil.example', 7])
      expect(signInSearch({ redirect })).toEqual({});
    expect(signInSearch({ redirect: '/team?role=admin', tenant: 'acme', error: 'no_account' })).toEqual({
      redirect: '/team?role=admin',
      tenant: 'acme',
      error: 'no_account',
    });
  });
});

describe('the second factor at sign-in', () => {
  const asking = ({ two_factor_code: code }: Login) => {
    if (code === undefined) return problem(401, 'two_factor_required');
    return code === '123456' || code === '7rj3k-0w9xq' ? HttpResponse.json(TOKENS) : problem(401, 'two_factor_invalid');
  };

  it('when the password is right, then a code is asked for; a wrong code can be corrected', async () => {
    const { typePassword, user, history } = open('/sign-in?redirect=%2Fprofile', asking);
    await typePassword();
    const code = await screen.findByLabelText('Code');
    expect(code).toHaveFocus();
    expect(code).toHaveAttribute('autocomplete', 'one-time-code');
    await user.type(code, '654321{Enter}');
    expect(await screen.findByText(/^This code is wrong/)).toBeVisible();
    await user.clear(code);
    await user.type(code, '123456{Enter}');
    await waitFor(() => expect(history.location.href).toBe('/profile'));
  });

  it('accepts a recovery code instead', async () => {
    const { typePassword, user, attempts } = open('/sign-in?redirect=%2Fprofile', asking);
    await typePassword();
    await user.click(await screen.findByRole('button', { name: 'Use a recovery code' }));
    await user.type(screen.getByLabelText('Recovery code'), '7rj3k-0w9xq{Enter}');
    await waitFor(() => expect(attempts.at(-1)).toMatchObject({ two_factor_code: '7rj3k-0w9xq' }));
  });

  it('when the user goes back, then the password step is shown', async () => {
    const { typePassword, user } = open('/sign-in', asking);
    await typePassword();
    await user.click(await screen.findByRole('button', { name: 'Back' }));
    expect(screen.getByLabelText('E-mail')).toHaveValue('ada@acme.example');
  });
});

describe('an e-mail address in several organizations', () => {
  it('when the API names the organizations, then one of them is chosen', async () => {
    const tenants = [
      { slug: 'acme', name: 'Acme Robotics' },
      { slug: 'globex', name: 'Globex' },
    ];
    const { typePassword, user, history } = open('/sign-in?redirect=%2Fprofile', ({ tenant }) =>
      tenant === 'globex' ? HttpResponse.json(TOKENS) : problem(409, 'tenant_required', { tenants }),
    );
    await typePassword();
    await user.click(await screen.findByRole('button', { name: /Globex/ }));
    await waitFor(() => expect(history.location.href).toBe('/profile'));
  });

  it('when the API names none, then the short name is typed', async () => {
    const { typePassword, user, history } = open('/sign-in?redirect=%2Fprofile', ({ tenant }) => {
      if (tenant === undefined) return problem(409, 'tenant_required');
      return tenant === 'globex' ? HttpResponse.json(TOKENS) : problem(401, 'invalid_credentials');
    });
    await typePassword();
    const slug = await screen.findByLabelText('Short name of the organization');
    await user.type(slug, '{Enter}');
    expect(screen.getByText(/^Enter the short name/)).toBeVisible();
    await user.type(slug, 'other{Enter}');
    expect(await screen.findByText('E-mail, password or organization is wrong.')).toBeVisible();
    await user.clear(slug);
    await user.type(slug, 'Globex{Enter}');
    await waitFor(() => expect(history.location.href).toBe('/profile'));
  });
});

describe('sign-in providers', () => {
  it('are links that return to the page; those that need an SDK are not shown', async () => {
    open('/sign-in?redirect=%2Fteam%3Frole%3Dadmin');
    const link = await screen.findByRole('link', { name: 'Continue with Company' });
    expect(link).toHaveAttribute('href', '/api/v1/auth/oauth/company/start?return_to=%2Fteam%3Frole%3Dadmin');
    expect(screen.queryByText(/Google Cloud/)).toBeNull();
  });

  it('when the API would refuse the path, then they return to the first page', () => {
    expect(returnToOf('/projects?search=a//b')).toBe('/');
    expect(returnToOf('/team?name=ü')).toBe('/');
    expect(returnToOf(`/${'a'.repeat(512)}`)).toBe('/');
    expect(returnToOf('/device?user_code=WDJB-MJHT')).toBe('/device?user_code=WDJB-MJHT');
  });

  it.each([
    ['no_account', 'No account here signs in this way.'],
    ['two_factor_required', 'sign in with your password and a code'],
    ['whatever_comes', 'Signing in did not work.'],
    ['session_ended', 'You have been signed out.'],
  ])('when one refuses, then the reason is shown: %s', async (code, text) => {
    open(`/sign-in?error=${code}`);
    expect(await screen.findByText(new RegExp(text))).toBeVisible();
  });

  it('when there are several organizations, then those of the chosen one are shown, and get its name', async () => {
    const { user, history } = open('/sign-in?error=tenant_required&redirect=%2Fteam');
    await user.type(await screen.findByLabelText('Short name of the organization'), 'acme{Enter}');
    const link = await screen.findByRole('link', { name: 'Continue with Acme Okta' });
    expect(link).toHaveAttribute('href', '/api/v1/auth/oauth/acme-okta/start?return_to=%2Fteam&tenant=acme');
    expect(history.location.href).toContain('tenant=acme');
  });
});
