import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Message } from '#session/api';
import { renderApp } from '#test/render-app';
import { server } from '#test/server';

const entry: Message['AuditLog'] = {
  id: '0195a4c2-7d10-7e55-b8c1-4f6a90d2e317',
  occurred_at: '2026-11-22T09:30:00.000Z',
  actor_type: 'user',
  actor_id: '0195a4c1-0000-7a02-9d18-e5c7f2b4a691',
  actor_name: 'grace@acme.example',
  action: 'user.role_changed',
  resource_type: 'user',
  resource_id: '0195a4c1-6b3f-7a02-9d18-e5c7f2b4a690',
  before: { role: 'member' },
  after: { role: 'admin' },
  ip: '203.0.113.7',
  user_agent: 'Firefox',
  request_id: 'request-42',
  sequence: 1204,
  hash: 'RuEqGsJVu',
  erased_at: null,
};
const bySystem = {
  ...entry,
  id: '0195a4c2-7d10-7e55-b8c1-4f6a90d2e318',
  actor_type: 'system' as const,
  actor_id: null,
  actor_name: null,
  action: 'something.new',
  resource_type: 'thing',
  resource_id: null,
  ip: null,
};
const permissions = ['audit:read', 'audit:export', 'user:read_all'];

let asked: URLSearchParams[] = [];

/** Renders the page over an API with these entries. `asked` collects the queries of the list. */
function renderAudit(
  path = '/audit',
  { entries = [entry, bySystem] as Message['AuditLog'][], count = 2, may = permissions } = {},
) {
  const view = renderApp(path, { permissions: may });
  server.use(
    http.get('*/api/v1/audit-logs', ({ request }) => {
      asked.push(new URL(request.url).searchParams);
      return HttpResponse.json({ count, next: null, previous: null, results: entries });
    }),
    http.get(`*/api/v1/audit-logs/${entry.id}`, () => HttpResponse.json(entry)),
    http.get('*/api/v1/users', () =>
      HttpResponse.json({ count: 1, results: [{ id: entry.actor_id, email: entry.actor_name }] }),
    ),
  );
  return view;
}
const lastAsked = () => Object.fromEntries(asked.at(-1) ?? []);

beforeEach(() => {
  asked = [];
});
afterEach(() => vi.restoreAllMocks());

describe('the audit log', () => {
  it('shows actor, action and resource of each entry; an unknown action by its raw name', async () => {
    renderAudit();
    const [first, second] = await screen.findAllByRole('listitem');
    for (const text of ['Role changed', 'grace@acme.example', 'User …f2b4a690', '203.0.113.7'])
      expect(within(first!).getByText(text)).toBeVisible();
    expect(within(second!).getByText('something.new')).toBeVisible();
    expect(within(second!).getByText('No address')).toBeVisible();
  });

  it('when the role does not allow it, then the page says so and requests nothing', async () => {
    renderAudit('/audit', { may: [] });
    expect(await screen.findByText('Owners and admins can see the audit log.')).toBeVisible();
    expect(asked).toEqual([]);
  });

  it('when actor, action or resource of an entry is clicked, then it is filtered by, until the filters are cleared', async () => {
    const { user, history } = renderAudit();
    await user.click(await screen.findByRole('button', { name: 'Filter by grace@acme.example' }));
    await waitFor(() => expect(lastAsked()).toMatchObject({ actor_id: entry.actor_id }));
    await user.click(screen.getByRole('button', { name: 'Filter by Role changed' }));
    await user.click(screen.getByRole('button', { name: 'Filter by User …f2b4a690' }));
    await waitFor(() =>
      expect(lastAsked()).toMatchObject({
        actor_id: entry.actor_id,
        action: 'user.role_changed',
        resource_type: 'user',
        resource_id: entry.resource_id,
      }),
    );
    await user.click(screen.getByRole('button', { name: 'Clear filters' }));
    await waitFor(() => expect(history.location.search).toBe(''));
  });

  it('when filters are chosen or typed, then the list is requested with them', async () => {
    const { user } = renderAudit();
    await screen.findByRole('option', { name: 'grace@acme.example' });
    await user.selectOptions(screen.getByLabelText('Actor'), 'grace@acme.example');
    await user.selectOptions(screen.getByLabelText('Action'), 'All: Webhook');
    await user.selectOptions(screen.getByLabelText('Resource'), 'Webhook');
    await user.type(screen.getByLabelText('Action or e-mail contains'), 'secret');
    await user.type(screen.getByLabelText('From'), '2026-11-01');
    await user.type(screen.getByLabelText('To'), '2026-11-02');
    await waitFor(() =>
      expect(lastAsked()).toMatchObject({
        actor_id: entry.actor_id,
        action: 'webhook.*',
        resource_type: 'webhook',
        search: 'secret',
        from: new Date(2026, 10, 1).toISOString(),
        to: new Date(2026, 10, 3).toISOString(),
      }),
    );
  });

  it('when nothing matches, then the page says so, and the filters can be cleared', async () => {
    const { user, history } = renderAudit('/audit?action=device.denied&request_id=r-1', { entries: [] });
    expect(await screen.findByText('No entry matches these filters')).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Request r-1' }));
    await waitFor(() => expect(history.location.search).toBe('?action=device.denied'));
    await user.click(screen.getAllByRole('button', { name: 'Clear filters' })[0]!);
    expect(await screen.findByText('Nothing is recorded yet')).toBeVisible();
  });

  it('when the list is longer than the API can page through, then the page says so', async () => {
    const { user } = renderAudit('/audit', { count: 20_000 });
    expect(await screen.findByText(/ends after 10,000 entries/)).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Next' }));
    await waitFor(() => expect(lastAsked()).toMatchObject({ offset: '50', limit: '50' }));
  });

  it('when the list cannot be loaded, then it can be tried again', async () => {
    const { user } = renderAudit();
    server.use(
      http.get(
        '*/api/v1/audit-logs',
        () => HttpResponse.json({ code: 'forbidden', title: 'Forbidden' }, { status: 403 }),
        { once: true },
      ),
    );
    await user.click(await screen.findByRole('button', { name: 'Try again' }));
    expect(await screen.findByRole('button', { name: 'Filter by Role changed' })).toBeVisible();
  });
});

describe('an audit entry', () => {
  it('shows the old and new value of each field, and filters by its request', async () => {
    const { user } = renderAudit();
    await user.click(await screen.findByRole('link', { name: /^Details of Role changed, grace/ }));
    const dialog = within(await screen.findByRole('dialog', { name: 'Role changed' }));
    const change = within(dialog.getByRole('list', { name: 'What changed' }));
    for (const text of ['role', 'Changed', 'member', 'admin']) expect(change.getByText(text)).toBeVisible();
    expect(dialog.getByText('1,204')).toBeVisible();
    await user.click(dialog.getByRole('button', { name: 'All entries of this request' }));
    await waitFor(() => expect(lastAsked()).toMatchObject({ request_id: 'request-42' }));
    expect(screen.queryByRole('dialog')).toBeNull();
  });

  it('when the URL names an entry that does not exist, then the dialog says so, and closing it keeps the filters', async () => {
    const { user, history } = renderAudit('/audit?id=0195a4c2-0000-7e55-b8c1-4f6a90d2e317&action=user.*');
    const dialog = within(await screen.findByRole('dialog'));
    expect(await dialog.findByText('Could not load: Audit entry')).toBeVisible();
    await user.click(dialog.getByRole('button', { name: 'Close' }));
    await waitFor(() => expect(history.location.search).toBe('?action=user.*'));
  });
});

describe('the hash chain', () => {
  const answer = (body: object) => server.use(http.get('*/api/v1/audit-logs/verify', () => HttpResponse.json(body)));
  const whole = { valid: true, entries: 1204, first_sequence: 1, last_sequence: 1204, last_hash: 'RuEq', erased: 0 };

  it('is verified only on request', async () => {
    const { user } = renderAudit();
    let verified = 0;
    server.use(
      http.get('*/api/v1/audit-logs/verify', () => {
        verified += 1;
        return HttpResponse.json({ ...whole, erased: 2, archived_through: { sequence: 311, hash: 'x' } });
      }),
    );
    await screen.findByRole('button', { name: 'Filter by Role changed' });
    expect(verified).toBe(0);
    await user.click(screen.getByRole('button', { name: 'Verify the chain' }));
    expect(await screen.findByText('Verified')).toBeVisible();
    expect(screen.getByText(/1,204 entries.*up to 311 are archived.*erased in 2 entries/)).toBeVisible();
    expect(screen.getByRole('button', { name: 'Copy last hash' })).toBeVisible();
  });

  it('when it is broken, then the page shows where and why', async () => {
    const { user } = renderAudit();
    answer({ ...whole, valid: false, entries: 311, broken_at: { sequence: 312, reason: 'gap' } });
    await user.click(await screen.findByRole('button', { name: 'Verify the chain' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('breaks at entry 312: the entry is missing');
    expect(screen.getByText('Broken')).toBeVisible();
  });

  it('when the verification fails, then the chain is not reported as broken', async () => {
    const { user } = renderAudit();
    server.use(
      http.get('*/api/v1/audit-logs/verify', () =>
        HttpResponse.json({ code: 'rate_limited', title: 'x' }, { status: 429, headers: { 'retry-after': '7' } }),
      ),
    );
    await user.click(await screen.findByRole('button', { name: 'Verify the chain' }));
    expect(await screen.findByText(/Try again in 7 seconds/)).toBeVisible();
    expect(screen.queryByText('Broken')).toBeNull();
  });
});

describe('an export of the audit log', () => {
  const open = async (user: ReturnType<typeof renderAudit>['user'], format: RegExp) => {
    await user.click(await screen.findByRole('button', { name: 'Export' }));
    await user.click(await screen.findByRole('menuitem', { name: format }));
  };

  it('contains the filtered entries, under the file name of the API', async () => {
    const { user } = renderAudit('/audit?action=user.*');
    let saved: { name: string; file: Blob } | undefined;
    let file = new Blob();
    URL.createObjectURL = (blob: Blob) => {
      file = blob;
      return 'blob:audit';
    };
    vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function click(this: HTMLAnchorElement) {
      saved = { name: this.download, file };
    });
    let query = new URLSearchParams();
    server.use(
      http.get('*/api/v1/audit-logs/export', ({ request }) => {
        query = new URL(request.url).searchParams;
        const headers = {
          'content-type': 'text/csv',
          'content-disposition': 'attachment; filename="audit-logs-1.csv"',
        };
        return new HttpResponse('sequence,action\n1,user.created\n', { headers });
      }),
    );
    await open(user, /CSV/);
    expect(await screen.findByText(/^Exported/)).toBeVisible();
    expect(Object.fromEntries(query)).toEqual({ action: 'user.*', format: 'csv' });
    expect(saved?.name).toBe('audit-logs-1.csv');
    expect(saved?.file.size).toBe(31);
  });

  it('when it is cancelled, then no error is shown', async () => {
    const { user } = renderAudit();
    server.use(http.get('*/api/v1/audit-logs/export', () => new HttpResponse(new ReadableStream())));
    await open(user, /NDJSON/);
    expect(await screen.findByText(/^Exporting/)).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Cancel' }));
    expect(await screen.findByRole('button', { name: 'Export' })).toBeVisible();
  });

  it('when the API refuses, then the reason is shown; without permission there is no export button', async () => {
    const { user, unmount } = renderAudit();
    server.use(
      http.get('*/api/v1/audit-logs/export', () =>
        HttpResponse.json({ code: 'forbidden', title: 'x' }, { status: 403 }),
      ),
    );
    await open(user, /CSV/);
    expect(await screen.findByText('Your role does not allow this.')).toBeVisible();
    unmount();
    renderAudit('/audit', { may: ['audit:read'] });
    await screen.findByRole('button', { name: 'Filter by Role changed' });
    expect(screen.queryByRole('button', { name: 'Export' })).toBeNull();
  });
});
