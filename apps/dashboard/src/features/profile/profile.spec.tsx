import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { describe, expect, it } from 'vitest';
import { account, now, openProfile } from '#test/account';
import { server } from '#test/server';

const dialog = async () => within(await screen.findByRole('dialog'));

describe('name and e-mail', () => {
  it('can be changed by oneself; the frame knows the new name', async () => {
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

  it('tell whether the address is verified, and send a link where it is not', async () => {
    account.me = { ...account.me, email_verified: false };
    const { user } = openProfile();
    expect(await screen.findByText('Not verified')).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Send a verification link' }));
    expect(await screen.findByText('A link is on its way to ada@acme.example.')).toBeVisible();
  });

  it('ask for the password before another address gets a link', async () => {
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
  it('is changed by who knows it, by the rules of the API', async () => {
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

describe('the password of who signs in at a provider and has none', () => {
  it('is set by a link, which says what it ends', async () => {
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
    expect(await card.findByText('A link is on its way to ada@acme.example. It is good for an hour.')).toBeVisible();
    expect(account.sent).toEqual([{ email: 'ada@acme.example', tenant: 'acme' }]);
  });

  it('is not asked for before another address gets a link', async () => {
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
  it('is set up with password, QR code and a first code; its recovery codes stay until they are kept', async () => {
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
    await user.click(kept.getByLabelText('I have kept them'));
    await user.click(kept.getByRole('button', { name: 'Done' }));
    expect(await screen.findByText('2 recovery codes are left.')).toBeVisible();
  });

  it('is set up without a password by who signs in at a provider and has none', async () => {
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

  it('gives other recovery codes for a code', async () => {
    account.secondFactor = { enabled: true, recovery_codes_left: 9 };
    const { user } = openProfile();
    await user.click(await screen.findByRole('button', { name: 'Renew recovery codes' }));
    await user.type((await dialog()).getByLabelText('Code'), '123456{Enter}');
    expect(await screen.findByRole('dialog', { name: 'Your recovery codes' })).toBeVisible();
  });

  it('is turned off by a code, and by no wrong one', async () => {
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

  it('that the organization asks for is in the place of every page until it is set up', async () => {
    account.me = { ...account.me, two_factor_required: true };
    const { user, history } = openProfile('/team');
    await screen.findByRole('heading', { name: 'Set up two-factor authentication', level: 1 });
    await user.click(screen.getByRole('link', { name: 'Set it up' }));
    expect(await screen.findByText(/^Your organization asks for a second factor/)).toBeVisible();
    expect(history.location.href).toBe('/profile#two-factor');
  });
});

describe('logins', () => {
  it('name their devices and mark the one of this browser, which has no button to end it', async () => {
    openProfile();
    const rows = within((await screen.findByText('This one')).closest('ul')!).getAllByRole('listitem');
    expect(rows.map((row) => within(row).queryAllByRole('button').length)).toEqual([0, 1]);
    expect(rows[0]).toHaveTextContent('Firefox · Linux');
    expect(rows[1]).toHaveTextContent('coditect-license/1.4.0');
    expect(rows[1]).toHaveTextContent(/by device code · 203\.0\.113\.7 · used (now|\d+ seconds? ago)/);
  });

  it('end one by one', async () => {
    const { user } = openProfile();
    await user.click(await screen.findByRole('button', { name: 'Sign out: coditect-license/1.4.0' }));
    await waitFor(() => expect(screen.queryByText('coditect-license/1.4.0')).toBeNull());
    expect(screen.getByText('This one')).toBeVisible();
  });

  it('end everywhere else, after a question', async () => {
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
  it('are offered where none is linked', async () => {
    openProfile();
    expect(await screen.findByRole('button', { name: 'Link Company' })).toBeVisible();
    expect(screen.getByText(/^None yet\./)).toBeVisible();
  });

  it('say why linking was refused when the browser comes back', async () => {
    openProfile('/profile?error=identity_taken');
    expect(await screen.findByText('This account at the provider belongs to somebody else here.')).toBeVisible();
  });

  it('are unlinked after a question', async () => {
    account.identities = [{ id: '9', provider: 'company', email: 'ada@company.example', created_at: now }];
    const { user } = openProfile();
    await user.click(await screen.findByRole('button', { name: 'Unlink Company' }));
    await user.click((await dialog()).getByRole('button', { name: 'Unlink' }));
    expect(await screen.findByRole('button', { name: 'Link Company' })).toBeVisible();
  });

  it('are not unlinked where there is no other way to sign in, and say so', async () => {
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

  it('that are the only way by now stay, too', async () => {
    account.me = { ...account.me, email: 'linked@acme.example' };
    account.identities = [{ id: '9', provider: 'company', email: null, created_at: now }];
    const { user } = openProfile();
    await user.click(await screen.findByRole('button', { name: 'Unlink Company' }));
    const question = await dialog();
    await user.click(question.getByRole('button', { name: 'Unlink' }));
    expect(await question.findByRole('alert')).toHaveTextContent('This is the only way you can sign in.');
  });
});
