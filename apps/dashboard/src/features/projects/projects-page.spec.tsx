import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { describe, expect, it } from 'vitest';
import type { Message } from '#session/api';
import { renderApp } from '#test/render-app';
import { me, server } from '#test/server';

const member = ['project:read', 'project:create', 'project:update', 'tenant:read'];
const manager = [...member, 'project:manage', 'user:read', 'user:read_all'];
const project = (change: Partial<Message['Project']> = {}): Message['Project'] => ({
  id: '0193a1f0-0000-7000-8000-00000000000a',
  name: 'Flight software',
  description: 'Guidance',
  status: 'active',
  owner: { id: me.id, email: me.email, name: me.name },
  archived_at: null,
  version: 3,
  created_at: '2026-11-01T10:00:00.000Z',
  updated_at: '2026-11-02T10:00:00.000Z',
  ...change,
});
const page = (results: unknown[]) => ({ count: results.length, next: null, previous: null, results });

/** Opens the page over an API with these projects. Returns the changes that the page sends. */
function open(projects: Message['Project'][], { path = '/projects', permissions = member, used = 1 } = {}) {
  const view = renderApp(path, { permissions });
  const changes: { line: string; body: unknown; ifMatch: string | null }[] = [];
  const asked: URLSearchParams[] = [];
  const change = async ({ request }: { request: Request }) => {
    const text = await request.text();
    changes.push({
      line: `${request.method} ${new URL(request.url).pathname.replace(/.*projects\/?/, '')}`,
      body: text ? (JSON.parse(text) as unknown) : undefined,
      ifMatch: request.headers.get('if-match'),
    });
    return HttpResponse.json(project({ version: 4, status: request.url.endsWith('archive') ? 'archived' : 'active' }));
  };
  server.use(
    http.get('*/api/v1/projects', ({ request }) => {
      asked.push(new URL(request.url).searchParams);
      return HttpResponse.json(page(projects));
    }),
    http.get('*/api/v1/projects/:id', () => HttpResponse.json(projects[0])),
    http.get('*/api/v1/users', () =>
      HttpResponse.json(page([{ id: 'u-2', name: 'Grace Hopper', email: 'grace@acme.example' }])),
    ),
    http.get('*/api/v1/tenant/quota', () =>
      HttpResponse.json({ users: {}, projects: { limit: 3, used }, licenses: [] }),
    ),
    http.post('*/api/v1/projects', change),
    http.patch('*/api/v1/projects/:id', change),
    http.delete('*/api/v1/projects/:id', change),
    http.post('*/api/v1/projects/:id/:verb', change),
  );
  const choose = async (item: string | RegExp) => {
    await view.user.click(await screen.findByRole('button', { name: 'Actions for Flight software' }));
    await view.user.click(await screen.findByRole('menuitem', { name: item }));
  };
  return { ...view, changes, asked, choose };
}
const id = project().id;

describe('the list of projects', () => {
  it('shows each project with its owner, active ones by default', async () => {
    const { asked } = open([project()]);
    const row = within(await screen.findByRole('row', { name: /Flight software/ }));
    expect(row.getByText('Ada Lovelace')).toBeVisible();
    expect(asked[0]!.get('status')).toBe('active');
    expect(await screen.findByRole('meter', { name: 'Active projects' })).toHaveAttribute('aria-valuenow', '1');
  });

  it('is searched, filtered and sorted by the URL', async () => {
    const { user, asked, history } = open([project()], { path: '/projects?search=flight&status=archived' });
    await user.click(await screen.findByRole('button', { name: 'Name' }));
    await waitFor(() => expect(asked.at(-1)!.get('ordering')).toBe('name'));
    expect(Object.fromEntries(asked.at(-1)!)).toMatchObject({ search: 'flight', status: 'archived' });
    await user.selectOptions(screen.getByLabelText('Status'), 'Active and archived');
    await waitFor(() => expect(history.location.href).toContain('status=all'));
    expect(asked.at(-1)!.has('status')).toBe(false);
  });

  it.each([
    ['/projects', 'No projects yet'],
    ['/projects?status=archived', 'No archived projects'],
    ['/projects?search=x', 'No project matches'],
  ])('when it is empty at %s, then the page says why', async (path, text) => {
    open([], { path });
    expect(await screen.findByText(text)).toBeVisible();
  });

  it('when the plan has no room, then the page says so, and none can be created', async () => {
    open([project()], { used: 3 });
    expect(await screen.findByText(/no room for more/)).toBeVisible();
    expect(screen.getByRole('button', { name: 'New project' })).toBeDisabled();
  });

  it('when the user is a member, then projects of others cannot be changed', async () => {
    open([project({ owner: { id: 'u-2', email: 'grace@acme.example', name: 'Grace Hopper' } })]);
    await screen.findByRole('row', { name: /Flight software/ });
    expect(screen.queryByRole('button', { name: /Actions for/ })).toBeNull();
  });
});

describe('a project', () => {
  it('when one is created, then a name is needed', async () => {
    const { user, changes } = open([project()]);
    await user.click(await screen.findByRole('button', { name: 'New project' }));
    await user.click(await screen.findByRole('button', { name: 'Create project' }));
    expect(await screen.findByText('Enter a name.')).toBeVisible();
    await user.type(screen.getByLabelText('Name'), 'Ground station');
    await user.click(screen.getByRole('button', { name: 'Create project' }));
    expect(await screen.findByText('Ground station is created')).toBeVisible();
    expect(changes).toMatchObject([{ line: 'POST ', body: { name: 'Ground station', description: '' } }]);
  });

  it('when a manager edits one and changes its owner, then the version that was read is sent', async () => {
    const { user, choose, changes } = open([project()], { permissions: manager });
    await choose('Edit');
    await user.selectOptions(
      await screen.findByLabelText('Owner'),
      await screen.findByRole('option', { name: 'Grace Hopper (grace@acme.example)' }),
    );
    await user.click(screen.getByRole('button', { name: 'Save' }));
    expect(await screen.findByText('Saved')).toBeVisible();
    const body = { name: 'Flight software', description: 'Guidance', owner_id: 'u-2' };
    expect(changes).toEqual([{ line: `PATCH ${id}`, body, ifMatch: '"v3"' }]);
  });

  it('when the API refuses, then the error is shown at its field, or beside the buttons if it concerns none', async () => {
    const { user, choose } = open([project()]);
    const refusals = [
      { status: 422, body: { code: 'validation_failed', errors: [{ path: 'name', message: 'is odd', code: 'x' }] } },
      { status: 412, body: { code: 'precondition_failed' } },
    ];
    server.use(
      http.patch('*/api/v1/projects/:id', () => {
        const { status, body } = refusals.shift()!;
        return HttpResponse.json(body, { status });
      }),
    );
    await choose('Edit');
    await user.click(await screen.findByRole('button', { name: 'Save' }));
    expect(await screen.findByText('is odd')).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Save' }));
    expect(await screen.findByText(/Somebody else has changed this/)).toBeVisible();
  });

  it('when one is archived, then undo restores it', async () => {
    const { user, choose, changes } = open([project()]);
    await choose('Archive');
    await user.click(await screen.findByRole('button', { name: 'Undo' }));
    expect(await screen.findByText('Flight software is restored')).toBeVisible();
    expect(changes.map(({ line, ifMatch }) => [line, ifMatch])).toEqual([
      [`POST ${id}/archive`, '"v3"'],
      [`POST ${id}/restore`, '"v4"'],
    ]);
  });

  it('when the plan has no room, then none is restored, and the page says so', async () => {
    const { choose } = open([project({ status: 'archived' })]);
    server.use(
      http.post('*/api/v1/projects/:id/restore', () => HttpResponse.json({ code: 'quota_exceeded' }, { status: 403 })),
    );
    await choose('Restore');
    expect(await screen.findByText('Your plan allows no more of these.')).toBeVisible();
  });

  it('when a manager deletes one, then its name has to be typed first', async () => {
    const { user, history, changes } = open(
      [project({ status: 'archived', archived_at: '2026-11-03T10:00:00.000Z' })],
      {
        path: `/projects?id=${id}`,
        permissions: manager,
      },
    );
    const drawer = within(await screen.findByRole('dialog', { name: 'Flight software' }));
    await user.click(await drawer.findByRole('button', { name: 'Change' }));
    await user.click(await screen.findByRole('menuitem', { name: /Delete for good/ }));
    const button = await screen.findByRole('button', { name: 'Delete for good' });
    expect(button).toBeDisabled();
    await user.type(screen.getByLabelText('Type Flight software to confirm'), 'Flight software');
    await user.click(button);
    await waitFor(() => expect(history.location.href).toBe('/projects'));
    expect(changes).toEqual([{ line: `DELETE ${id}`, body: undefined, ifMatch: '"v3"' }]);
  });
});
