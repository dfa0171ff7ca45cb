import { screen, waitFor } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { afterEach, describe, expect, it } from 'vitest';
import { renderApp } from '#test/render-app';
import { server } from '#test/server';

const problem = (status: number, code: string, errors: object[] = []) =>
  HttpResponse.json({ code, title: code, status, errors }, { status });
const nothing = (status: number) => new HttpResponse(null, { status });
const GONE = 'This link does not work';

/** Opens a page as its mailed link does. Returns the requests that the page sends to the API. */
function open(page: string, token: string | undefined, path: string, answer: (body: unknown) => Response) {
  window.location.hash = token ? `#token=${token}` : '';
  const view = renderApp(page, { permissions: [], signedIn: false });
  const sent: unknown[] = [];
  server.use(
    http.post(`*/api/v1/auth/${path}`, async ({ request }) => {
      const body = await request.json();
      sent.push(body);
      return answer(body);
    }),
  );
  return { ...view, sent };
}

afterEach(() => {
  window.location.hash = '';
});

describe('a forgotten password', () => {
  it('when a link is requested, then the page does not reveal whether the address exists', async () => {
    const { user, sent } = open('/forgot-password', undefined, 'password/forgot', () => nothing(202));
    await user.click(await screen.findByRole('button', { name: 'Send the link' }));
    expect(screen.getByText('Enter your e-mail address.')).toBeVisible();
    await user.type(screen.getByLabelText('E-mail'), ' ada@acme.example {Enter}');
    expect(await screen.findByText(/^If there is an account with ada@acme.example/)).toBeVisible();
    expect(sent).toEqual([{ email: 'ada@acme.example' }]);
    await user.click(screen.getByRole('button', { name: 'Use another address' }));
    expect(screen.getByLabelText('E-mail')).toBeVisible();
  });

  it('when a new password is set, then the token of the link is sent, and the address bar no longer shows it', async () => {
    const { user, sent } = open('/reset-password', 'cpr_secret', 'password/reset', () => nothing(204));
    await user.type(await screen.findByLabelText('New password'), 'four words that nobody has');
    expect(window.location.hash).toBe('');
    await user.click(screen.getByRole('button', { name: 'Set the password' }));
    expect(await screen.findByRole('heading', { name: 'Your password is set' })).toBeVisible();
    expect(sent).toEqual([{ token: 'cpr_secret', password: 'four words that nobody has' }]);
  });

  it('when the new password breaks rules, then the field shows them in the language of the reader', async () => {
    const { user } = open('/reset-password', 'cpr_secret', 'password/reset', () =>
      problem(422, 'validation_failed', [
        { path: 'password', code: 'too_short', message: 'must have at least 15 characters' },
        { path: 'password', code: 'password_breached', message: 'is known' },
      ]),
    );
    await user.click(await screen.findByRole('button', { name: 'Set the password' }));
    expect(screen.getByText('Enter a password.')).toBeVisible();
    await user.type(screen.getByLabelText('New password'), 'password1{Enter}');
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'Use at least 15 characters. This password is known from data breaches: choose another.',
    );
  });

  it.each([undefined, 'cpr_used'])('when the link does not work, then the page says so (%s)', async (token) => {
    const { user } = open('/reset-password', token, 'password/reset', () => problem(410, 'link_invalid'));
    if (token) {
      await user.type(await screen.findByLabelText('New password'), 'four words that nobody has{Enter}');
    }
    expect(await screen.findByRole('heading', { name: GONE })).toBeVisible();
    expect(screen.getByRole('link', { name: 'Send a new link' })).toHaveAttribute('href', '/forgot-password');
  });
});

describe('an e-mail address', () => {
  it('when the user confirms, then it is verified', async () => {
    const { user, sent } = open('/verify-email', 'cev_secret', 'email/verify', () => nothing(204));
    await screen.findByRole('heading', { name: 'Verify your e-mail address' });
    expect(sent).toEqual([]);
    await user.click(screen.getByRole('button', { name: 'Verify the address' }));
    expect(await screen.findByRole('heading', { name: 'Your e-mail address is verified' })).toBeVisible();
    expect(sent).toEqual([{ token: 'cev_secret' }]);
  });

  it('when the link does not work, then it is not verified', async () => {
    const { user } = open('/verify-email', 'cev_used', 'email/verify', () => problem(410, 'link_invalid'));
    await user.click(await screen.findByRole('button', { name: 'Verify the address' }));
    expect(await screen.findByRole('heading', { name: GONE })).toBeVisible();
  });

  it('when a change is confirmed, then the address is changed, unless another account has it by then', async () => {
    let taken = true;
    const { user } = open('/confirm-email', 'cec_secret', 'email/change/confirm', () =>
      taken ? problem(409, 'email_taken') : nothing(204),
    );
    await user.click(await screen.findByRole('button', { name: 'Use this address' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('has this e-mail address already');
    taken = false;
    await user.click(screen.getByRole('button', { name: 'Use this address' }));
    expect(await screen.findByRole('link', { name: 'Go to sign-in' })).toHaveAttribute('href', '/sign-in');
  });
});

describe('an invitation', () => {
  const invitation = {
    tenant: { slug: 'acme', name: 'Acme Robotics' },
    email: 'grace@acme.example',
    role: 'admin',
    expires_at: '2026-11-29T09:30:00.000Z',
  };
  const opened = (answer: () => Response, accept: () => Response = () => nothing(500)) => {
    const view = open('/accept-invitation', 'civ_secret', 'invitations/civ_secret/accept', accept);
    server.use(http.get('*/api/v1/auth/invitations/civ_secret', answer));
    return view;
  };

  it('shows organization and role, asks for name and password, and signs in', async () => {
    const { user, sent, history } = opened(
      () => HttpResponse.json(invitation),
      () => HttpResponse.json({ access_token: 't', token_type: 'Bearer', expires_in: 900 }, { status: 201 }),
    );
    expect(await screen.findByRole('heading', { name: 'Join Acme Robotics' })).toBeVisible();
    expect(screen.getByText('You are invited as Admin, with the address grace@acme.example.')).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Join' }));
    expect(screen.getByText('Enter your name.')).toBeVisible();
    await user.type(screen.getByLabelText('Your name'), 'Grace Hopper');
    await user.type(screen.getByLabelText('Choose a password'), 'nanoseconds of wire{Enter}');
    await waitFor(() => expect(history.location.pathname).toBe('/'));
    expect(sent).toEqual([{ name: 'Grace Hopper', password: 'nanoseconds of wire', token_delivery: 'cookie' }]);
  });

  it('when the API refuses, then the reason is shown', async () => {
    const { user } = opened(
      () => HttpResponse.json(invitation),
      () => problem(409, 'email_taken'),
    );
    await user.type(await screen.findByLabelText('Your name'), 'Grace Hopper');
    await user.type(screen.getByLabelText('Choose a password'), 'nanoseconds of wire{Enter}');
    expect(await screen.findByRole('alert')).toHaveTextContent('has this e-mail address already');
  });

  it('when it is no longer open, then the page says so', async () => {
    opened(() => problem(410, 'link_invalid'));
    expect(await screen.findByRole('heading', { name: GONE })).toBeVisible();
    expect(screen.getByText(/^Ask the person who invited you/)).toBeVisible();
  });

  it('when it cannot be loaded, then it can be tried again', async () => {
    let fails = true;
    const { user } = opened(() => (fails ? problem(403, 'tenant_suspended') : HttpResponse.json(invitation)));
    const retry = await screen.findByRole('button', { name: 'Try again' });
    fails = false;
    await user.click(retry);
    expect(await screen.findByRole('heading', { name: 'Join Acme Robotics' })).toBeVisible();
  });
});
