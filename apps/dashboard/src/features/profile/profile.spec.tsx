import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { describe, expect, it } from 'vitest';
import { account, now, openProfile, renewAccount } from '#test/account';
import { server } from '#test/server';

const dialog = async () => within(await screen.findByRole('dialog'));

renewAccount();

describe('the own name and e-mail address', () => {
  it('when the name is changed, then the frame shows the new one', async () => {
    const { user } = openProfile();
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

  it('when the address is not verified, then the page says so, and a link can be requested', async () => {
    account.me = { ...account.me, email_verified: false };
    const { user } = openProfile();
    expect(await screen.findByText('Not verified')).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Send a verification link' }));
    expect(await screen.findByText('A link is on its way to ada@acme.example.')).toBeVisible();
  });

  it('when the address is changed, then the password is asked for before a link is sent', async () => {
    const { user } = openProfile();
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
  it('when it is changed, then the current one is needed, and the API checks the new one', async () => {
    const { user } = openProfile();
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

describe('the missing password of a user who signs in at a provider', () => {
  it('is set by a mailed link, and the page says what that ends', async () => {
    account.me = { ...account.me, has_password: false };
    const { user } = openProfile();
    server.use(
      http.post('*/api/v1/auth/password/forgot', async ({ request }) => {
        account.sent.push(await request.json());
        return new HttpResponse(null, { status: 202 });
      }),
    );
    const card = within((await screen.findByRole('heading', { name: 'Password' })).closest('section')!);
    expect(card.queryByLabelText('Current password')).toBeNull();
    expect(card.getByText(/signs you out everywhere and revokes your API keys/)).toBeVisible();
    await user.click(card.getByRole('button', { name: 'Send a link to set a password' }));
    expect(await card.findByText('A link is on its way to ada@acme.example. It is valid for an hour.')).toBeVisible();
    expect(account.sent).toEqual([{ email: 'ada@acme.example', tenant: 'acme' }]);
  });

  it('when the address is changed, then no password is asked for', async () => {
    account.me = { ...account.me, has_password: false };
    const { user } = openProfile();
    await user.click(await screen.findByRole('button', { name: 'Change the address' }));
    const form = await dialog();
    expect(form.queryByLabelText('Current password')).toBeNull();
    await user.type(form.getByLabelText('New e-mail'), 'ada@king.example{Enter}');
    await waitFor(() => expect(account.sent).toEqual([{ email: 'ada@king.example' }]));
  });
});

describe('the second factor', () => {
  it('when it is set up, then password and first code are needed, and the recovery codes stay until they are saved', async () => {
    const { user } = openProfile();
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
    await user.click(kept.getByLabelText('I have saved them'));
    await user.click(kept.getByRole('button', { name: 'Done' }));
    expect(await screen.findByText('2 recovery codes are left.')).toBeVisible();
  });

  it('when the user has no password, then it is set up without one', async () => {
    account.me = { ...account.me, has_password: false };
    const { user } = openProfile();
    await user.click(await screen.findByRole('button', { name: 'Set up' }));
    const form = await dialog();
    expect(form.getByText(/^You have no password here\./)).toBeVisible();
    expect(form.queryByLabelText('Current password')).toBeNull();
    await user.click(form.getByRole('button', { name: 'Continue' }));
    expect(await form.findByLabelText('Code')).toBeVisible();
    expect(account.sent).toEqual([{}]);
  });

  it('when new recovery codes are requested, then a code is needed', async () => {
    account.secondFactor = { enabled: true, recovery_codes_left: 9 };
    const { user } = openProfile();
    await user.click(await screen.findByRole('button', { name: 'Renew recovery codes' }));
    await user.type((await dialog()).getByLabelText('Code'), '123456{Enter}');
    expect(await screen.findByRole('dialog', { name: 'Your recovery codes' })).toBeVisible();
  });

  it('when it is turned off, then a valid code is needed', async () => {
    account.secondFactor = { enabled: true, recovery_codes_left: 9 };
    const { user } = openProfile();
    await user.click(await screen.findByRole('button', { name: 'Turn off' }));
    const form = await dialog();
    await user.type(form.getByLabelText('Code'), '000000{Enter}');
    expect(await form.findByText(/^This code is wrong/)).toBeVisible();
    await user.clear(form.getByLabelText('Code'));
    await user.type(form.getByLabelText('Code'), '123456{Enter}');
    expect(await screen.findByRole('button', { name: 'Set up' })).toBeVisible();
  });

  it('when the organization requires it, then every page asks to set it up first', async () => {
    account.me = { ...account.me, two_factor_required: true };
    const { user, history } = openProfile('/team');
    await screen.findByRole('heading', { name: 'Set up two-factor authentication', level: 1 });
    await user.click(screen.getByRole('link', { name: 'Set it up' }));
    expect(await screen.findByText(/^Your organization requires a second factor/)).toBeVisible();
    expect(history.location.href).toBe('/profile#two-factor');
  });
});

describe('logins', () => {
  it('show their devices; the login of this browser is marked and has no button to end it', async () => {
    openProfile();
    const rows = within((await screen.findByText('This one')).closest('ul')!).getAllByRole('listitem');
    expect(rows.map((row) => within(row).queryAllByRole('button').length)).toEqual([0, 1]);
    expect(rows[0]).toHaveTextContent('Firefox · Linux');
    expect(rows[1]).toHaveTextContent('coditect-license/1.4.0');
    expect(rows[1]).toHaveTextContent(/by device code · 203\.0\.113\.7 · used (now|\d+ seconds? ago)/);
  });

  it('when one is ended, then the others stay', async () => {
    const { user } = openProfile();
    await user.click(await screen.findByRole('button', { name: 'Sign out: coditect-license/1.4.0' }));
    await waitFor(() => expect(screen.queryByText('coditect-license/1.4.0')).toBeNull());
    expect(screen.getByText('This one')).toBeVisible();
  });

  it('when all others are ended, then the page asks for confirmation first', async () => {
    const { user } = openProfile();
    await user.click(await screen.findByRole('button', { name: 'Sign out everywhere else' }));
    const question = await dialog();
    expect(question.getByText(/^1 other login ends at once/)).toBeVisible();
    await user.click(question.getByRole('button', { name: 'Sign out everywhere else' }));
    await waitFor(() => expect(screen.queryByText('coditect-license/1.4.0')).toBeNull());
    expect(account.sent).toEqual([{ except_current: true }]);
  });
});

describe('linked identities', () => {
  it('when none is linked, then the providers are offered', async () => {
    openProfile();
    expect(await screen.findByRole('button', { name: 'Link Company' })).toBeVisible();
    expect(screen.getByText(/^None yet\./)).toBeVisible();
  });

  it('when linking was refused, then the page says why', async () => {
    openProfile('/profile?error=identity_taken');
    expect(await screen.findByText('This account at the provider belongs to somebody else here.')).toBeVisible();
  });

  it('when one is unlinked, then the page asks for confirmation first', async () => {
    account.identities = [{ id: '9', provider: 'company', email: 'ada@company.example', created_at: now }];
    const { user } = openProfile();
    await user.click(await screen.findByRole('button', { name: 'Unlink Company' }));
    await user.click((await dialog()).getByRole('button', { name: 'Unlink' }));
    expect(await screen.findByRole('button', { name: 'Link Company' })).toBeVisible();
  });

  it('when one is the only way to sign in, then it cannot be unlinked, and the page says so', async () => {
    account.me = { ...account.me, has_password: false };
    account.identities = [
      { id: '8', provider: 'gone', email: null, created_at: now },
      { id: '9', provider: 'company', email: null, created_at: now },
    ];
    openProfile();
    expect(await screen.findByText(/^Your only way to sign in\./)).toBeVisible();
    expect(screen.queryByRole('button', { name: 'Unlink Company' })).toBeNull();
    expect(screen.getByRole('button', { name: 'Unlink gone' })).toBeVisible();
  });

  it('when one has become the only way to sign in meanwhile, then the API refuses, and the dialog says so', async () => {
    account.me = { ...account.me, email: 'linked@acme.example' };
    account.identities = [{ id: '9', provider: 'company', email: null, created_at: now }];
    const { user } = openProfile();
    await user.click(await screen.findByRole('button', { name: 'Unlink Company' }));
    const question = await dialog();
    await user.click(question.getByRole('button', { name: 'Unlink' }));
    expect(await question.findByRole('alert')).toHaveTextContent('This is the only way you can sign in.');
  });
});
