import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { describe, expect, it } from 'vitest';
import type { Message } from '#session/api';
import { serveStream } from '#test/live';
import { renderApp } from '#test/render-app';
import { me, server } from '#test/server';

const permissions = [
  'user:read',
  'user:read_all',
  'user:invite',
  'user:update',
  'user:disable',
  'user:remove',
  'user:erase',
  'user:reset_two_factor',
  'license_session:read',
];
const user = (change: Partial<Message['User']>): Message['User'] => ({
  id: '0193a1f0-0000-7000-8000-000000000001',
  email: 'grace@acme.example',
  name: 'Grace Hopper',
  role: 'member',
  status: 'active',
  email_verified: true,
  two_factor_enabled: true,
  seats_held: 2,
  last_login_at: null,
  last_seen_at: null,
  version: 7,
  created_at: '2026-11-01T10:00:00.000Z',
  ...change,
});
const owner = user({ id: me.id, name: me.name, email: me.email, role: 'owner', seats_held: 0, version: 1 });
const page = (results: unknown[]) => ({ count: results.length, next: null, previous: null, results });
const refusal = (status: number, code: string, more: object = {}) =>
  HttpResponse.json({ code, title: code, detail: `refused: ${code}`, ...more }, { status });

/** Opens the page over an API with these users. Returns the requests that the page sends. */
function open(people: Message['User'][], { path = '/team', may = permissions } = {}) {
  const view = renderApp(path, { permissions: may });
  const asked: URLSearchParams[] = [];
  server.use(
    http.get('*/api/v1/users', ({ request }) => {
      asked.push(new URL(request.url).searchParams);
      return HttpResponse.json(page(people));
    }),
    http.get('*/api/v1/users/:id', ({ params }) => {
      const found = people.find(({ id }) => id === params['id']);
      return found ? HttpResponse.json(found) : undefined;
    }),
    http.get('*/api/v1/license-sessions', () => HttpResponse.json(page([]))),
  );
  const row = async (name: string | RegExp) => within(await screen.findByRole('row', { name }));
  const choose = async (name: string, role: 'menuitem' | 'menuitemradio', item: string) => {
    await view.user.click(await screen.findByRole('button', { name: `Actions for ${name}` }));
    await view.user.click(await screen.findByRole(role, { name: new RegExp(`^${item}`) }));
  };
  return { ...view, asked, row, choose };
}

describe('the list of members', () => {
  it('shows role, status, second factor and seats', async () => {
    const { row } = open([owner, user({ status: 'disabled' })]);
    const grace = await row(/Grace Hopper/);
    for (const text of ['Member', 'On', '2', 'Never']) expect(grace.getByText(text)).toBeInTheDocument();
    expect(grace.getAllByText('Disabled')).not.toHaveLength(0);
    expect((await row(/Ada Lovelace/)).getByText('you')).toBeVisible();
  });

  it('is searched and filtered by the URL, which keeps what is chosen', async () => {
    const {
      asked,
      user: person,
      history,
    } = open([owner], { path: '/team?search=ada&role=owner&ordering=-created_at' });
    await screen.findByRole('row', { name: /Ada/ });
    expect(Object.fromEntries(asked.at(-1)!)).toMatchObject({ search: 'ada', role: 'owner', ordering: '-created_at' });
    await person.selectOptions(screen.getByLabelText('Status'), 'Disabled');
    await person.clear(screen.getByRole('searchbox'));
    await person.type(screen.getByRole('searchbox'), 'grace');
    await waitFor(() => expect(history.location.href).toContain('search=grace'));
    expect(history.location.href).toContain('status=disabled');
    await waitFor(() => expect(asked.at(-1)!.get('search')).toBe('grace'));
  });

  it('when nothing matches, then the page says so, and the filters can be cleared', async () => {
    const { user: person, history } = open([], { path: '/team?search=zzz' });
    await person.click(await screen.findByRole('button', { name: 'Clear filters' }));
    await waitFor(() => expect(history.location.href).toBe('/team'));
  });

  it('when it cannot be loaded, then it can be tried again', async () => {
    const { user: person } = open([owner]);
    server.use(http.get('*/api/v1/users', () => refusal(403, 'forbidden'), { once: true }));
    await person.click(await screen.findByRole('button', { name: 'Try again' }));
    expect(await screen.findByRole('row', { name: /Ada/ })).toBeVisible();
  });

  it('when the API reports a change, then it is read again', async () => {
    const people = [owner];
    const { row } = open(people);
    const tell = serveStream();
    await row(/Ada/);
    people.push(user({}));
    tell({ type: 'user.changed', data: { id: people[1]!.id } });
    expect(await row(/Grace Hopper/)).toBeTruthy();
  });

  it('when the user can read only the own entry, then the page says so', async () => {
    open([owner], { may: ['user:read'] });
    expect(await screen.findByText(/you see only yourself here/)).toBeVisible();
    await screen.findByRole('row', { name: /Ada/ });
    expect(screen.queryByRole('searchbox')).toBeNull();
    expect(screen.queryByRole('button', { name: /Actions for/ })).toBeNull();
  });
});

describe('the role of a member', () => {
  it('when it is changed, then it shows at once, and the version that was read is sent', async () => {
    const { choose } = open([owner, user({})]);
    const changes: unknown[] = [];
    server.use(
      http.patch('*/api/v1/users/:id', async ({ request }) => {
        changes.push(await request.json(), request.headers.get('if-match'));
        return HttpResponse.json(user({ role: 'admin', version: 8 }));
      }),
    );
    await choose('Grace Hopper', 'menuitemradio', 'Admin');
    expect(await screen.findByText('Grace Hopper is now: Admin')).toBeVisible();
    expect(changes).toEqual([{ role: 'admin' }, '"v7"']);
  });

  it('when the change is refused, then the old role is shown again', async () => {
    const { choose, row } = open([owner, user({})]);
    server.use(http.patch('*/api/v1/users/:id', () => refusal(412, 'precondition_failed')));
    await choose('Grace Hopper', 'menuitemradio', 'Viewer');
    expect(await screen.findByText(/Somebody else has changed this/)).toBeVisible();
    expect((await row(/Grace/)).getByText('Member')).toBeVisible();
  });

  it('when it is the last owner, then it stays, and the page says why', async () => {
    const { choose, user: person } = open([owner]);
    server.use(http.patch('*/api/v1/users/:id', () => refusal(409, 'last_owner')));
    await choose('Ada Lovelace', 'menuitemradio', 'Admin');
    const question = within(await screen.findByRole('dialog', { name: 'Change the role of Ada Lovelace?' }));
    expect(question.getByText(/This is you/)).toBeVisible();
    await person.click(question.getByRole('button', { name: 'Change role' }));
    expect(await question.findByRole('alert')).toHaveTextContent('at least one active owner');
  });

  it('when it is an owner, then an admin cannot change it', async () => {
    const { user: person } = open([user({ role: 'owner' })]);
    server.use(http.get('*/api/v1/auth/me', () => HttpResponse.json({ ...me, role: 'admin', permissions })));
    await person.click(await screen.findByRole('button', { name: 'Actions for Grace Hopper' }));
    expect(await screen.findByText('Only owners can change an owner.')).toBeVisible();
    expect(screen.queryByRole('menuitem')).toBeNull();
  });
});

describe('a member', () => {
  it.each([
    ['Disable', 'POST', 'disable', '2 live seats', 'Grace Hopper is disabled'],
    ['Remove', 'DELETE', undefined, '2 live seats', 'Grace Hopper is removed'],
    ['Reset second factor', 'POST', 'reset-two-factor', 'Make sure that', 'The second factor of Grace Hopper is off'],
  ])('when the action is %s, then it must be confirmed first', async (action, method, verb, consequence, done) => {
    const { choose, user: person } = open([owner, user({})]);
    const lines: string[] = [];
    server.use(
      http.all('*/api/v1/users/:id{/:verb}?', ({ request, params }) => {
        if (request.method === 'GET') return undefined;
        lines.push(`${request.method} ${String(params['verb'])} ${request.headers.get('if-match')}`);
        return HttpResponse.json(user({}));
      }),
    );
    await choose('Grace Hopper', 'menuitem', action);
    const question = within(await screen.findByRole('dialog'));
    expect(question.getByText(new RegExp(consequence))).toBeVisible();
    expect(lines).toEqual([]);
    await person.click(question.getByRole('button', { name: action }));
    expect(await screen.findByText(done)).toBeVisible();
    expect(lines).toEqual([`${method} ${verb} "v7"`]);
  });

  it('when a disabled one is enabled, then the page asks for no confirmation', async () => {
    const { choose } = open([owner, user({ status: 'disabled' })]);
    server.use(http.post('*/api/v1/users/:id/enable', () => HttpResponse.json(user({}))));
    await choose('Grace Hopper', 'menuitem', 'Enable');
    expect(await screen.findByText('Grace Hopper is enabled')).toBeVisible();
  });

  it.each([
    ['is not set up', [user({ two_factor_enabled: false })], permissions],
    ['is the own one', [{ ...owner, two_factor_enabled: true, name: 'Grace Hopper' }], permissions],
    ['may not be reset by this role', [user({})], permissions.filter((name) => name !== 'user:reset_two_factor')],
  ])('when the second factor %s, then there is no button to reset it', async (_why, people, may) => {
    const { user: person } = open(people, { may });
    await person.click(await screen.findByRole('button', { name: 'Actions for Grace Hopper' }));
    expect(await screen.findByRole('menuitem', { name: /^Remove/ })).toBeVisible();
    expect(screen.queryByRole('menuitem', { name: /second factor/ })).toBeNull();
  });

  it('when one is erased, then the name has to be typed first', async () => {
    const { choose, user: person } = open([owner, user({})]);
    server.use(http.post('*/api/v1/users/:id/erase', () => HttpResponse.json(user({}))));
    await choose('Grace Hopper', 'menuitem', 'Erase');
    const button = await screen.findByRole('button', { name: 'Erase for good' });
    expect(button).toBeDisabled();
    await person.type(screen.getByLabelText('Type Grace Hopper to confirm'), 'Grace Hopper');
    await person.click(button);
    expect(await screen.findByText('The personal data of Grace Hopper is erased')).toBeVisible();
  });

  it('when the URL has the id, then details and held seats are shown', async () => {
    const grace = user({});
    const { user: person, history } = open([owner, grace], { path: `/team?id=${grace.id}` });
    server.use(
      http.get('*/api/v1/license-sessions', () =>
        HttpResponse.json(page([{ id: 's-1', machine_id: 'build-7', started_at: '2026-11-20T10:00:00.000Z' }])),
      ),
    );
    const drawer = within(await screen.findByRole('dialog', { name: 'Grace Hopper' }));
    expect(await drawer.findByText('build-7')).toBeVisible();
    expect(drawer.getByRole('link', { name: 'Show session' })).toHaveAttribute('href', '/sessions?id=s-1');
    await person.click(drawer.getByRole('button', { name: 'Close' }));
    await waitFor(() => expect(history.location.href).toBe('/team'));
  });
});
