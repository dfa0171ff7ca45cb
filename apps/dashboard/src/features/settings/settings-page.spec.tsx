import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { describe, expect, it, vi } from 'vitest';
import type { Message } from '#session/api';
import { renderApp } from '#test/render-app';
import { me, server } from '#test/server';

const owner = ['tenant:read', 'tenant:update', 'tenant:export', 'tenant:delete'];
const tenant = (change: Partial<Message['Tenant']> = {}): Message['Tenant'] => ({
  id: me.tenant.id,
  slug: 'acme',
  name: 'Acme',
  status: 'active',
  plan_tier: 'team',
  contact_email: null,
  require_two_factor: false,
  delete_after: null,
  version: 5,
  created_at: '2026-01-01T10:00:00.000Z',
  updated_at: '2026-01-01T10:00:00.000Z',
  ...change,
});
const dataExport = (change: Partial<Message['DataExport']> = {}): Message['DataExport'] => ({
  id: 'e-1',
  status: 'ready',
  requested_by: me.id,
  size_bytes: 183_422,
  sha256: 'abc',
  error: null,
  created_at: '2026-11-20T10:00:00.000Z',
  completed_at: '2026-11-20T10:01:00.000Z',
  expires_at: '2026-11-27T10:00:00.000Z',
  ...change,
});
const quota = {
  plan_tier: 'team',
  features: ['editor'],
  users: { limit: 50, used: 12, pending_invitations: 2 },
  projects: { limit: 100, used: 7 },
  licenses: [{ license_id: 'l-1', product: 'coditect', status: 'suspended', seats_total: 25, seats_in_use: 9 }],
};

interface Given {
  path?: string;
  permissions?: string[];
  now?: Message['Tenant'];
  exports?: Message['DataExport'][];
  person?: Partial<Message['Me']>;
}

/** Opens the page over an API with this organization. Returns the changes that the page sends. */
function open({ path = '/settings', permissions = owner, now = tenant(), exports = [], person = {} }: Given = {}) {
  const view = renderApp(path, { permissions });
  const changes: unknown[] = [];
  const change = async ({ request }: { request: Request }) => {
    const text = await request.text();
    changes.push([request.headers.get('if-match'), text ? (JSON.parse(text) as unknown) : undefined]);
    return HttpResponse.json(now);
  };
  server.use(
    http.get('*/api/v1/auth/me', () => HttpResponse.json({ ...me, permissions, ...person })),
    http.get('*/api/v1/tenant', () => HttpResponse.json(now)),
    http.get('*/api/v1/tenant/quota', () => HttpResponse.json(quota)),
    http.get('*/api/v1/tenant/exports', () => HttpResponse.json({ count: exports.length, results: exports })),
    http.get('*/api/v1/tenant/exports/:id', ({ params }) =>
      HttpResponse.json(exports.find((e) => e.id === params['id'])),
    ),
    http.patch('*/api/v1/tenant', change),
    http.post('*/api/v1/tenant/:verb', change),
  );
  const type = async (label: string, text: string) => {
    const field = await screen.findByLabelText(label);
    await view.user.clear(field);
    await view.user.type(field, text);
  };
  return { ...view, changes, type };
}

describe('the organization settings', () => {
  it('when name and contact are changed, then the version that was read is sent', async () => {
    const { user, changes, type } = open();
    await type('Name', 'Acme Aerospace');
    await type('Contact e-mail', 'it@acme.example');
    await user.click(screen.getByRole('button', { name: 'Save' }));
    expect(await screen.findByText('Saved')).toBeVisible();
    expect(changes).toEqual([['"v5"', { name: 'Acme Aerospace', contact_email: 'it@acme.example' }]]);
  });

  it('when the slug is changed, then the page explains the consequences and asks for confirmation first', async () => {
    const { user, changes, type } = open();
    await type('Short name', 'acme-two');
    await user.click(screen.getByRole('button', { name: 'Save' }));
    expect(await screen.findByText(/everybody signs in with acme-two; acme no longer works/)).toBeVisible();
    expect(changes).toEqual([]);
    await user.click(screen.getByRole('button', { name: 'Change short name' }));
    await waitFor(() => expect(changes).toEqual([['"v5"', { name: 'Acme', slug: 'acme-two', contact_email: null }]]));
  });

  it('when values are invalid, then the fields show the errors', async () => {
    const { user, type } = open();
    await type('Short name', 'Not A Slug');
    await type('Contact e-mail', 'nobody');
    await user.click(screen.getByRole('button', { name: 'Save' }));
    expect(await screen.findByText('This is not an e-mail address.')).toBeVisible();
    expect(screen.getByLabelText('Short name')).toBeInvalid();
  });

  it.each([
    [409, { code: 'slug_taken' }, 'Another organization has this short name.'],
    [422, { code: 'validation_failed', errors: [{ path: 'slug', message: 'is reserved', code: 'x' }] }, 'is reserved'],
    [412, { code: 'precondition_failed' }, 'Somebody else has changed this in the meantime. Reload and try again.'],
  ])('when the API refuses with %s, then the reason is shown', async (status, body, text) => {
    const { user, type } = open();
    server.use(http.patch('*/api/v1/tenant', () => HttpResponse.json(body, { status })));
    await type('Short name', 'taken');
    await user.click(screen.getByRole('button', { name: 'Save' }));
    await user.click(await screen.findByRole('button', { name: 'Change short name' }));
    expect(await screen.findByText(text)).toBeVisible();
  });

  it('when the user has no permission to change them, then they are read-only, and the plan is shown', async () => {
    open({ permissions: ['tenant:read'] });
    expect(await screen.findByLabelText('Name')).toBeDisabled();
    expect(screen.queryByRole('button', { name: 'Save' })).toBeNull();
    expect(screen.queryByText('Data export')).toBeNull();
    expect(await screen.findByRole('meter', { name: 'Users' })).toHaveAttribute('aria-valuenow', '12');
  });
});

describe('the required second factor', () => {
  it('when the user has none, then it cannot be turned on', async () => {
    open();
    expect(await screen.findByLabelText('Require a second factor from everybody')).toBeDisabled();
    expect(screen.getByRole('link', { name: 'Set up yours' })).toHaveAttribute('href', '/profile');
  });

  it('when it is turned on, then the page asks for confirmation first', async () => {
    const { user, changes } = open({ person: { two_factor_enabled: true } });
    await user.click(await screen.findByLabelText('Require a second factor from everybody'));
    await user.click(await screen.findByRole('button', { name: 'Require it' }));
    expect(await screen.findByText('Saved')).toBeVisible();
    expect(changes).toEqual([['"v5"', { require_two_factor: true }]]);
  });

  it('when it is turned off, then the page asks for no confirmation', async () => {
    const { user, changes } = open({ now: tenant({ require_two_factor: true }) });
    await user.click(await screen.findByLabelText('Require a second factor from everybody'));
    await waitFor(() => expect(changes).toEqual([['"v5"', { require_two_factor: false }]]));
  });
});

describe('a data export', () => {
  it('when one is requested, then it appears among the recent ones', async () => {
    const { user, changes } = open({ exports: [dataExport(), dataExport({ id: 'e-2', status: 'failed' })] });
    expect(await screen.findByText('Failed')).toBeVisible();
    expect(screen.getAllByRole('button', { name: 'Download' })).toHaveLength(1);
    await user.click(screen.getByRole('button', { name: 'Request export' }));
    expect(await screen.findByText(/You get an e-mail when it is ready/)).toBeVisible();
    expect(changes).toHaveLength(1);
  });

  it('when the link in the mail is opened, then the page saves the export as a file', async () => {
    const { user } = open({ path: '/settings/exports/e-1', exports: [dataExport()] });
    const urls = {
      createObjectURL: vi.fn<(file: Blob) => string>(() => 'blob:x'),
      revokeObjectURL: vi.fn<() => void>(),
    };
    Object.assign(URL, urls);
    const click = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => {});
    server.use(http.get('*/api/v1/tenant/exports/:id/download', () => HttpResponse.arrayBuffer(new ArrayBuffer(7))));
    expect(await screen.findByText('183 kB')).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Download' }));
    await waitFor(() => expect(click).toHaveBeenCalledOnce());
    expect(urls.createObjectURL.mock.calls[0]![0].size).toBe(7);
    click.mockRestore();
  });

  it('when the user is not an owner, then the page does not show it', async () => {
    open({ path: '/settings/exports/e-1', permissions: ['tenant:read'] });
    expect(await screen.findByText('Only owners can see and download exports.')).toBeVisible();
  });
});

describe('closing the organization', () => {
  it('needs its slug and the password', async () => {
    const { user, changes, type } = open();
    await user.click(await screen.findByRole('button', { name: 'Close organization…' }));
    const dialog = within(await screen.findByRole('dialog'));
    expect(dialog.getByRole('button', { name: 'Close organization' })).toBeDisabled();
    await type('Type acme to confirm', 'acme');
    await type('Your password', 'secret words');
    server.use(
      http.post('*/api/v1/tenant/close', () => HttpResponse.json({ code: 'invalid_credentials' }, { status: 401 }), {
        once: true,
      }),
    );
    await user.click(dialog.getByRole('button', { name: 'Close organization' }));
    expect(await dialog.findByText('The password is wrong.')).toBeVisible();
    await user.click(dialog.getByRole('button', { name: 'Close organization' }));
    expect(await screen.findByText('The organization is closed')).toBeVisible();
    expect(changes).toEqual([['"v5"', { confirm_slug: 'acme', password: 'secret words' }]]);
  });

  it('when the organization is closed, then its page allows no changes until it is reopened', async () => {
    const { user, changes } = open({ now: tenant({ status: 'closed', delete_after: '2026-12-24T10:00:00.000Z' }) });
    expect(await screen.findByText(/All data is deleted on Dec 24, 2026/)).toBeVisible();
    expect(screen.getByLabelText('Name')).toBeDisabled();
    await user.click(screen.getByRole('button', { name: 'Reopen organization' }));
    expect(await screen.findByText('The organization is open again')).toBeVisible();
    expect(changes).toEqual([['"v5"', undefined]]);
  });
});

it('billing shows the plan, what is used of it, and the contact for more', async () => {
  open({ path: '/billing' });
  expect(await screen.findByText('editor')).toBeVisible();
  expect(await screen.findByText('9 of 25')).toBeVisible();
  expect(screen.getByText(/suspended: it grants no seats/)).toBeVisible();
  expect(screen.getByText(/2 open invitations count too/)).toBeVisible();
  expect(screen.getByRole('link', { name: 'Contact us' })).toHaveAttribute('href', 'https://az1.ai/contact');
});
