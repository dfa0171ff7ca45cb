import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { beforeEach, describe, expect, it } from 'vitest';
import { renderApp } from '#test/render-app';
import { server } from '#test/server';

const permissions = ['user:read', 'user:read_all', 'user:invite', 'user:update'];
const page = (results: unknown[]) => ({ count: results.length, next: null, previous: null, results });
const invitation = {
  id: 'i-1',
  email: 'grace@acme.example',
  role: 'member',
  status: 'pending',
  invited_by: { id: 'u-1', email: 'ada@acme.example', name: 'Ada Lovelace' },
  sent_at: '2026-11-20T10:00:00.000Z',
  expires_at: '2026-11-27T10:00:00.000Z',
};
const refusal = (status: number, code: string, more: object = {}) =>
  HttpResponse.json({ code, title: code, ...more }, { status });

let sent: { invitations: { email: string; role: string }[] }[];
let keys: (string | null)[];
let refuse: (() => Response) | undefined;
let used: number;

beforeEach(() => {
  [sent, keys, refuse, used] = [[], [], undefined, 4];
});

function open(path: string, invitations: unknown[] = [invitation]) {
  const view = renderApp(path, { permissions });
  server.use(
    http.get('*/api/v1/users', () => HttpResponse.json(page([]))),
    http.get('*/api/v1/users/invitations', () => HttpResponse.json(page(invitations))),
    http.get('*/api/v1/tenant/quota', () =>
      HttpResponse.json({ users: { limit: 6, used, pending_invitations: 0 }, projects: {}, licenses: [] }),
    ),
    http.post('*/api/v1/users/invitations', async ({ request }) => {
      sent.push((await request.json()) as (typeof sent)[number]);
      keys.push(request.headers.get('idempotency-key'));
      return refuse?.() ?? HttpResponse.json({ invitations: [invitation] }, { status: 201 });
    }),
  );
  const invite = async (addresses: string) => {
    await view.user.click((await screen.findAllByRole('button', { name: 'Invite people' }))[0]!);
    await view.user.type(await screen.findByLabelText('E-mail addresses'), addresses);
  };
  return { ...view, invite };
}

describe('the invitation dialog', () => {
  it('when several addresses are entered, then all are invited at once with one role, and the list is shown', async () => {
    const { user, invite, history } = open('/team');
    await invite('grace@acme.example, Alan <alan@acme.example>');
    expect(await screen.findByText('4 of 6 users used, 6 with these')).toBeVisible();
    await user.selectOptions(screen.getByLabelText('Role', { selector: '[role=dialog] *' }), 'Viewer');
    await user.click(screen.getByRole('button', { name: 'Send 2 invitations' }));
    expect(await screen.findByText('2 invitations sent')).toBeVisible();
    expect(sent).toEqual([
      { invitations: ['grace@acme.example', 'alan@acme.example'].map((email) => ({ email, role: 'viewer' })) },
    ]);
    expect(history.location.href).toBe('/team?tab=invitations');
  });

  it('when an address is invalid or none is entered, then nothing is sent', async () => {
    const { user, invite } = open('/team');
    await invite('oops');
    await user.click(screen.getByRole('button', { name: 'Send 1 invitation' }));
    expect(screen.getByText(/not an e-mail address/)).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Remove oops' }));
    await user.click(screen.getByRole('button', { name: 'Send invitations' }));
    expect(screen.getByText('Enter at least one address.')).toBeVisible();
    expect(sent).toEqual([]);
  });

  it('when the API refuses addresses, then each shows its error, and the corrected request has a new key', async () => {
    const { user, invite } = open('/team');
    await invite('grace@acme.example alan@acme.example');
    refuse = () =>
      refusal(422, 'validation_failed', {
        errors: [{ path: 'invitations.1.email', message: 'is no mailbox', code: 'invalid' }],
      });
    await user.click(screen.getByRole('button', { name: 'Send 2 invitations' }));
    expect(await screen.findByText(/is no mailbox/)).toBeVisible();
    refuse = () => refusal(409, 'email_taken', { emails: ['grace@acme.example'] });
    await user.click(screen.getByRole('button', { name: 'Remove alan@acme.example' }));
    await user.click(screen.getByRole('button', { name: 'Send 1 invitation' }));
    expect(await screen.findByText(/already in the team/)).toBeVisible();
    refuse = () => refusal(429, 'rate_limited', { emails: ['grace@acme.example'] });
    await user.click(screen.getByRole('button', { name: 'Send 1 invitation' }));
    expect(await screen.findByText(/invited a moment ago/)).toBeVisible();
    expect(new Set(keys).size).toBe(3);
  });

  it('when the plan has no room, then the dialog says so before sending', async () => {
    used = 5;
    const { user, invite } = open('/team');
    await invite('grace@acme.example alan@acme.example');
    expect(await screen.findByText(/room for 1 more person/)).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Send 2 invitations' }));
    expect(sent).toEqual([]);
  });

  it('when the request fails, then the dialog says why', async () => {
    const { user, invite } = open('/team');
    refuse = () => refusal(403, 'quota_exceeded');
    await invite('grace@acme.example');
    await user.click(screen.getByRole('button', { name: 'Send 1 invitation' }));
    expect(await screen.findByText('Your plan allows no more of these.')).toBeVisible();
  });
});

describe('the list of invitations', () => {
  it('shows who sent each one, and sends it again', async () => {
    const { user } = open('/team?tab=invitations');
    server.use(http.post('*/api/v1/users/invitations/:id/resend', () => HttpResponse.json(invitation)));
    const row = within(await screen.findByRole('row', { name: /grace@acme/ }));
    expect(row.getByText('Ada Lovelace')).toBeInTheDocument();
    await user.click(row.getByRole('button', { name: /Actions for/ }));
    await user.click(await screen.findByRole('menuitem', { name: 'Send again' }));
    expect(await screen.findByText('A new link is on its way to grace@acme.example')).toBeVisible();
  });

  it('when one was sent recently, then it is not sent again', async () => {
    const { user } = open('/team?tab=invitations');
    server.use(
      http.post('*/api/v1/users/invitations/:id/resend', () =>
        HttpResponse.json({ code: 'rate_limited' }, { status: 429, headers: { 'retry-after': '42' } }),
      ),
    );
    await user.click(await screen.findByRole('button', { name: /Actions for/ }));
    await user.click(await screen.findByRole('menuitem', { name: 'Send again' }));
    expect(await screen.findByText(/Try again in 42 seconds/)).toBeVisible();
  });

  it('when one is revoked, then the page asks for confirmation first', async () => {
    const { user } = open('/team?tab=invitations');
    let revoked = 0;
    server.use(
      http.delete('*/api/v1/users/invitations/:id', () => {
        revoked += 1;
        return new HttpResponse(null, { status: 204 });
      }),
    );
    await user.click(await screen.findByRole('button', { name: /Actions for/ }));
    await user.click(await screen.findByRole('menuitem', { name: /Revoke/ }));
    expect(revoked).toBe(0);
    await user.click(await screen.findByRole('button', { name: 'Revoke' }));
    expect(await screen.findByText(/is revoked/)).toBeVisible();
    expect(revoked).toBe(1);
  });

  it('is sorted and filtered by the URL', async () => {
    const { user, history } = open('/team?tab=invitations&invited=expired');
    expect(await screen.findByLabelText('Status')).toHaveValue('expired');
    await user.click(await screen.findByRole('button', { name: 'Expires' }));
    expect(await screen.findByRole('columnheader', { name: 'Expires' })).toHaveAttribute('aria-sort', 'ascending');
    await user.click(screen.getByRole('button', { name: 'Expires' }));
    await waitFor(() => expect(history.location.href).toContain('order=-expires_at'));
    await user.selectOptions(screen.getByLabelText('Status'), 'All statuses');
    await waitFor(() => expect(history.location.href).toContain('invited=all'));
  });

  it('when it is empty, then it offers to invite', async () => {
    open('/team?tab=invitations', []);
    expect(await screen.findByText('No such invitations')).toBeVisible();
    expect(screen.getAllByRole('button', { name: 'Invite people' })).toHaveLength(2);
  });
});
