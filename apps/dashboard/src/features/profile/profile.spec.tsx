import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { beforeEach, describe, expect, it } from 'vitest';
import { renderApp } from '../../../test/render-app.tsx';
import { me, server } from '../../../test/server.ts';

const problem = (status: number, code: string, errors: object[] = []) =>
  HttpResponse.json({ code, title: code, status, errors }, { status });
const none = () => new HttpResponse(null, { status: 204 });
const list = (results: object[]) => HttpResponse.json({ count: results.length, next: null, previous: null, results });

const now = new Date().toISOString();
const login = (id: string, more: object = {}) => ({
  ...{ id, method: 'password', ip: '203.0.113.7', current: false, created_at: now, last_used_at: now, expires_at: now },
  user_agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
  ...more,
});
const CLI = { method: 'device', user_agent: 'coditect-license/1.4.0 (linux)' };

/** What the API knows of the person. */
let account = newAccount();
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
beforeEach(() => {
  account = newAccount();
});

function open(path = '/profile') {
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
      if (name === '\u200D') return problem(422, 'validation_failed', [{ path: 'name', message: 'must be visible' }]);
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
      if (next === 'short') return problem(422, 'validation_failed', [{ path: 'new_password', code: 'too_short' }]);
      return none();
    }),
    http.post('*/api/v1/auth/password/forgot', async ({ request }) => {
      account.sent.push(await request.json());
      return new HttpResponse(null, { status: 202 });
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
const dialog = async () => within(await screen.findByRole('dialog'));

describe('name and e-mail', () => {
  it('can be changed by oneself; the frame knows the new name', async () => {
    const { user } = open();
    const name = await screen.findByLabelText('Name');
    const save = screen.getByRole('button', { name: 'Save' });
    expect(save).toBeDisabled();
    await user.clear(name);
    await user.type(name, 'Ada King');
    await user.click(save);
    expect(await screen.findByRole('button', { name: 'Account of Ada King' })).toBeVisible();
    await user.clear(name);
    await user.type(name, '\u200D');
    await user.click(save);
    expect(await screen.findByText('must be visible')).toBeVisible();
  });

  it('tell whether the address is verified, and send a link where it is not', async () => {
    account.me = { ...account.me, email_verified: false };
    const { user } = open();
    expect(await screen.findByText('Not verified')).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Send a verification link' }));
    expect(await screen.findByText('A link is on its way to ada@acme.example.')).toBeVisible();
  });

  it('ask for the password before another address gets a link', async () => {
    const { user } = open();
    await user.click(await screen.findByRole('button', { name: 'Change the address' }));
    const form = await dialog();
    await user.type(form.getByLabelText('New e-mail'), 'ada@king.example');
    await user.type(form.getByLabelText('Current password'), 'wrong{Enter}');
    expect(await form.findByText('The current password is wrong.')).toBeVisible();
    await user.clear(form.getByLabelText('Current password'));
    await user.type(form.getByLabelText('Current password'), 'right{Enter}');
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(account.sent).toEqual([{ email: 'ada@king.example', current_password: 'right' }]);
  });
});

describe('the password', () => {
  it('is changed by who knows it, by the rules of the API', async () => {
    const { user } = open();
    const card = within((await screen.findByRole('heading', { name: 'Password' })).closest('section')!);
    const [current, next] = [card.getByLabelText('Current password'), card.getByLabelText('New password')];
    await user.type(current, 'wrong');
    await user.type(next, 'short{Enter}');
    expect(await card.findByText('The current password is wrong.')).toBeVisible();
    await user.clear(current);
    await user.type(current, 'right{Enter}');
    expect(await card.findByText('Use at least 15 characters.')).toBeVisible();
    await user.clear(next);
    await user.type(next, 'nanoseconds of wire{Enter}');
    expect(await screen.findByText(/^Your password is changed\./)).toBeVisible();
    expect(current).toHaveValue('');
  });
});

describe('the password of who signs in at a provider and has none', () => {
  it('is set by a link, which says what it ends', async () => {
    account.me = { ...account.me, has_password: false };
    const { user } = open();
    const card = within((await screen.findByRole('heading', { name: 'Password' })).closest('section')!);
    expect(card.getByText(/signs you out everywhere and revokes your API keys/)).toBeVisible();
    await user.click(card.getByRole('button', { name: 'Send a link to set a password' }));
    expect(await card.findByText('A link is on its way to ada@acme.example. It is good for an hour.')).toBeVisible();
    expect(account.sent).toEqual([{ email: 'ada@acme.example', tenant: 'acme' }]);
  });

  it('is not asked for before another address gets a link', async () => {
    account.me = { ...account.me, has_password: false };
    const { user } = open();
    await user.click(await screen.findByRole('button', { name: 'Change the address' }));
    const form = await dialog();
    expect(form.queryByLabelText('Current password')).toBeNull();
    await user.type(form.getByLabelText('New e-mail'), 'ada@king.example{Enter}');
    await waitFor(() => expect(account.sent).toEqual([{ email: 'ada@king.example' }]));
  });
});

describe('the second factor', () => {
  it('is set up with password, QR code and a first code; its recovery codes stay until they are kept', async () => {
    const { user } = open();
    await user.click(await screen.findByRole('button', { name: 'Set up' }));
    const form = await dialog();
    await user.type(form.getByLabelText('Current password'), 'wrong{Enter}');
    expect(await form.findByText('The current password is wrong.')).toBeVisible();
    await user.clear(form.getByLabelText('Current password'));
    await user.type(form.getByLabelText('Current password'), 'right{Enter}');
    expect(await form.findByRole('img', { name: 'QR code for the authenticator app' })).toBeInTheDocument();
    expect(form.getByText('JBSWY3DPEHPK3PXP')).toBeVisible();
    await user.type(form.getByLabelText('Code'), '654321{Enter}');
    expect(await form.findByText(/^This code is wrong/)).toBeVisible();
    await user.clear(form.getByLabelText('Code'));
    await user.type(form.getByLabelText('Code'), '123456{Enter}');

    const kept = within(await screen.findByRole('dialog', { name: 'Your recovery codes' }));
    expect(kept.getByText('7rj3k-0w9xq')).toBeVisible();
    const file = kept.getByRole('link', { name: 'Download' }).getAttribute('href')!;
    expect(decodeURIComponent(file)).toContain('7rj3k-0w9xq\nb2m8t-vh5pz');
    await user.keyboard('{Escape}');
    expect(kept.getByRole('button', { name: 'Done' })).toBeDisabled();
    await user.click(kept.getByLabelText('I have kept them'));
    await user.click(kept.getByRole('button', { name: 'Done' }));
    expect(await screen.findByText('2 recovery codes are left.')).toBeVisible();
  });

  it('is set up without a password by who signs in at a provider and has none', async () => {
    account.me = { ...account.me, has_password: false };
    const { user } = open();
    await user.click(await screen.findByRole('button', { name: 'Set up' }));
    const form = await dialog();
    expect(form.getByText(/^You have no password here\./)).toBeVisible();
    expect(form.queryByLabelText('Current password')).toBeNull();
    await user.click(form.getByRole('button', { name: 'Continue' }));
    expect(await form.findByLabelText('Code')).toBeVisible();
    expect(account.sent).toEqual([{}]);
  });

  it('gives other recovery codes for a code', async () => {
    account.secondFactor = { enabled: true, recovery_codes_left: 9 };
    const { user } = open();
    await user.click(await screen.findByRole('button', { name: 'Renew recovery codes' }));
    await user.type((await dialog()).getByLabelText('Code'), '123456{Enter}');
    expect(await screen.findByRole('dialog', { name: 'Your recovery codes' })).toBeVisible();
  });

  it('is turned off by a code, and by no wrong one', async () => {
    account.secondFactor = { enabled: true, recovery_codes_left: 9 };
    const { user } = open();
    await user.click(await screen.findByRole('button', { name: 'Turn off' }));
    const form = await dialog();
    await user.type(form.getByLabelText('Code'), '000000{Enter}');
    expect(await form.findByText(/^This code is wrong/)).toBeVisible();
    await user.clear(form.getByLabelText('Code'));
    await user.type(form.getByLabelText('Code'), '123456{Enter}');
    expect(await screen.findByRole('button', { name: 'Set up' })).toBeVisible();
  });

  it('that the organization asks for is in the place of every page until it is set up', async () => {
    account.me = { ...account.me, two_factor_required: true };
    const { user, history } = open('/team');
    await screen.findByRole('heading', { name: 'Set up two-factor authentication', level: 1 });
    await user.click(screen.getByRole('link', { name: 'Set it up' }));
    expect(await screen.findByText(/^Your organization asks for a second factor/)).toBeVisible();
    expect(history.location.href).toBe('/profile#two-factor');
  });
});

describe('logins', () => {
  it('name their devices and mark the one of this browser, which has no button to end it', async () => {
    open();
    const rows = within((await screen.findByText('This one')).closest('ul')!).getAllByRole('listitem');
    expect(rows.map((row) => within(row).queryAllByRole('button').length)).toEqual([0, 1]);
    expect(rows[0]).toHaveTextContent('Firefox · Linux');
    expect(rows[1]).toHaveTextContent('coditect-license/1.4.0');
    expect(rows[1]).toHaveTextContent(/by device code · 203\.0\.113\.7 · used (now|\d+ seconds? ago)/);
  });

  it('end one by one', async () => {
    const { user } = open();
    await user.click(await screen.findByRole('button', { name: 'Sign out: coditect-license/1.4.0' }));
    await waitFor(() => expect(screen.queryByText('coditect-license/1.4.0')).toBeNull());
    expect(screen.getByText('This one')).toBeVisible();
  });

  it('end everywhere else, after a question', async () => {
    const { user } = open();
    await user.click(await screen.findByRole('button', { name: 'Sign out everywhere else' }));
    const question = await dialog();
    expect(question.getByText(/^1 other login ends at once/)).toBeVisible();
    await user.click(question.getByRole('button', { name: 'Sign out everywhere else' }));
    await waitFor(() => expect(screen.queryByText('coditect-license/1.4.0')).toBeNull());
    expect(account.sent).toEqual([{ except_current: true }]);
  });
});

describe('linked identities', () => {
  it('are offered where none is linked', async () => {
    open();
    expect(await screen.findByRole('button', { name: 'Link Company' })).toBeVisible();
    expect(screen.getByText(/^None yet\./)).toBeVisible();
  });

  it('say why linking was refused when the browser comes back', async () => {
    open('/profile?error=identity_taken');
    expect(await screen.findByText('This account at the provider belongs to somebody else here.')).toBeVisible();
  });

  it('are unlinked after a question, unless they have become the only way to sign in', async () => {
    account.identities = [{ id: '9', provider: 'company', email: 'ada@company.example', created_at: now }];
    account.me = { ...account.me, email: 'linked@acme.example' };
    const { user } = open();
    await user.click(await screen.findByRole('button', { name: 'Unlink Company' }));
    const question = await dialog();
    await user.click(question.getByRole('button', { name: 'Unlink' }));
    expect(await question.findByRole('alert')).toHaveTextContent('This is the only way you can sign in.');
    account.me = { ...account.me, email: 'ada@acme.example' };
    await user.click(question.getByRole('button', { name: 'Unlink' }));
    expect(await screen.findByRole('button', { name: 'Link Company' })).toBeVisible();
  });

  it('are not unlinked where there is no other way to sign in, and say so', async () => {
    account.me = { ...account.me, has_password: false };
    account.identities = [
      { id: '8', provider: 'gone', email: null, created_at: now },
      { id: '9', provider: 'company', email: null, created_at: now },
    ];
    open();
    expect(await screen.findByText(/^Your only way to sign in\./)).toBeVisible();
    expect(screen.queryByRole('button', { name: 'Unlink Company' })).toBeNull();
    expect(screen.getByRole('button', { name: 'Unlink gone' })).toBeVisible();
  });
});
