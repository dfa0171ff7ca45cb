import { apiKeyScopes } from '@coditect/contracts/names';
import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { describe, expect, it } from 'vitest';
import english from '#features/developers/messages/en.json' with { type: 'json' };
import { renderApp } from '#test/render-app';
import { me, server } from '#test/server';
import { scopeGroups, scopeText } from './api-key-scopes.ts';

const member = ['api_key:manage', 'license:read', 'license_session:acquire', 'license_session:hold', 'project:read'];
const manager = [...member, 'api_key:manage_any', 'webhook:manage', 'event:read', 'audit:read', 'audit:export'];

const key = {
  id: '019a5f74-0d5c-7b21-9c3e-7f8091a2b3c4',
  name: 'Build machines',
  prefix: 'cak_…Qx7bTw',
  scopes: ['license:read', 'license_session:acquire', 'license_session:hold'],
  status: 'active',
  user: { id: me.id, email: me.email, name: me.name },
  expires_at: null,
  last_used_at: '2026-11-22T10:12:00.000Z',
  revoked_at: null,
  created_at: '2026-11-22T09:30:00.000Z',
};
const ofGrace = {
  ...key,
  id: '019a5f74-0d5c-7b21-9c3e-7f8091a2b3c5',
  name: 'Nightly',
  user: { id: key.id, email: 'grace@acme.example', name: 'Grace' },
};

function renderKeys({ may = manager, keys = [key] as object[] } = {}) {
  const view = renderApp('/developers?tab=api-keys', { permissions: may });
  const queries: string[] = [];
  server.use(
    http.get('*/api/v1/auth/api-keys', ({ request }) => {
      queries.push(new URL(request.url).search);
      return HttpResponse.json({ count: keys.length, next: null, previous: null, results: keys });
    }),
  );
  return { ...view, queries };
}
type User = ReturnType<typeof renderKeys>['user'];

async function choose(user: User, name: string, item: string) {
  await user.click(await screen.findByRole('button', { name: `Actions for ${name}` }));
  await user.click(await screen.findByRole('menuitem', { name: item }));
  return within(await screen.findByRole('dialog'));
}

describe('the scopes that can be chosen', () => {
  it('are all scopes of the contract, each with a text', () => {
    const scopes = Object.values(scopeGroups).flat();
    expect(scopes.toSorted()).toEqual(apiKeyScopes.toSorted());
    expect(scopes.filter((scope) => !english.scopes[scopeText(scope)])).toEqual([]);
  });
});

describe('API keys', () => {
  it('show their prefix, scopes, state and last use', async () => {
    renderKeys();
    const row = within(await screen.findByRole('row', { name: /Build machines/ }));
    for (const text of ['cak_…Qx7bTw', 'Active', 'license:read', 'and 1 more', 'Never'])
      expect(row.getByText(text)).toBeVisible();
  });

  it('when a manager lists the keys of all users, then those of others can only be revoked', async () => {
    const { user, queries } = renderKeys({ keys: [ofGrace] });
    await user.selectOptions(await screen.findByLabelText('Keys of'), 'Everybody');
    await waitFor(() => expect(queries.at(-1)).toContain('scope=tenant'));
    await user.selectOptions(screen.getByLabelText('Status'), 'Active');
    await waitFor(() => expect(queries.at(-1)).toContain('status=active'));
    await user.click(await screen.findByRole('button', { name: 'Actions for Nightly' }));
    expect(screen.getAllByRole('menuitem').map(({ textContent }) => textContent)).toEqual(['Revoke']);
  });

  it('when a member creates a key, then only scopes of a member are offered, and the key expires', async () => {
    const { user } = renderKeys({ may: member, keys: [] });
    expect(await screen.findByText('You have no API keys')).toBeVisible();
    expect(screen.queryByLabelText('Keys of')).toBeNull();
    expect(screen.queryByRole('link', { name: 'Webhooks' })).toBeNull();
    await user.click(screen.getByRole('button', { name: 'Create API key' }));
    expect(await screen.findByRole('button', { name: 'Taking and holding seats' })).toBeVisible();
    expect(screen.queryByRole('button', { name: 'Reading the audit log' })).toBeNull();
    expect(screen.queryByText('audit:read')).toBeNull();
    expect(screen.queryByRole('option', { name: 'Never' })).toBeNull();
  });

  it('when a key is created, then it is shown once, until the user confirms that it is saved', async () => {
    const { user } = renderKeys();
    const asked: { body: unknown; idempotencyKey: string | null }[] = [];
    server.use(
      http.post('*/api/v1/auth/api-keys', async ({ request }) => {
        asked.push({ body: await request.json(), idempotencyKey: request.headers.get('idempotency-key') });
        return HttpResponse.json({ ...key, key: 'cak_secret' }, { status: 201 });
      }),
    );
    await user.click(await screen.findByRole('button', { name: 'Create API key' }));
    const form = within(await screen.findByRole('dialog'));
    await user.click(form.getByRole('checkbox', { name: /Take a seat/ }));
    await user.click(form.getByRole('button', { name: 'Create API key' }));
    expect(await form.findByText('Give it a name.')).toBeVisible();
    expect(form.getByText('Choose at least one scope.')).toBeVisible();
    expect(asked).toEqual([]);

    await user.type(form.getByLabelText('Name'), 'Build machines');
    await user.click(form.getByRole('button', { name: 'Taking and holding seats' }));
    await user.selectOptions(form.getByLabelText('Expires after'), 'Never');
    await user.click(form.getByRole('button', { name: 'Create API key' }));
    const made = within(await screen.findByRole('dialog', { name: 'Build machines is ready' }));
    expect(made.getByLabelText('API key')).toHaveValue('cak_secret');
    const scopes = ['license_session:acquire', 'license_session:hold'];
    expect(asked[0]?.body).toEqual({ name: 'Build machines', scopes, expires_in_days: null });
    expect(asked[0]?.idempotencyKey).toMatch(/^[0-9a-f-]{36}$/);

    await user.click(made.getByRole('button', { name: 'Close' }));
    expect(made.getByRole('alert')).toHaveTextContent('Save it first');
    await user.click(made.getByLabelText('I have saved it'));
    await user.click(made.getByRole('button', { name: 'Done' }));
    expect(screen.queryByRole('dialog')).toBeNull();
  });

  it('when the API refuses a key, then the reason is shown at the field or below the form', async () => {
    const { user } = renderKeys();
    const refusals = [
      {
        status: 422,
        body: { code: 'validation_failed', errors: [{ path: 'scopes.0', message: 'not for you', code: 'invalid' }] },
      },
      { status: 409, body: { code: 'quota_exceeded' } },
    ];
    server.use(
      http.post('*/api/v1/auth/api-keys', () => {
        const { status, body } = refusals.shift()!;
        return HttpResponse.json(body, { status });
      }),
    );
    await user.click(await screen.findByRole('button', { name: 'Create API key' }));
    const form = within(await screen.findByRole('dialog'));
    await user.type(form.getByLabelText('Name'), 'x');
    await user.click(form.getByRole('button', { name: 'Create API key' }));
    expect(await form.findByText('not for you')).toBeVisible();
    await user.click(form.getByRole('button', { name: 'Create API key' }));
    expect(await form.findByText('Your plan allows no more of these.')).toBeVisible();
  });

  it('when a key is renamed, then the list shows the new name', async () => {
    const { user } = renderKeys();
    let body: unknown;
    server.use(
      http.patch(`*/api/v1/auth/api-keys/${key.id}`, async ({ request }) => {
        body = await request.json();
        return HttpResponse.json(key);
      }),
    );
    const dialog = await choose(user, 'Build machines', 'Rename');
    await user.clear(dialog.getByLabelText('Name'));
    expect(dialog.getByRole('button', { name: 'Save' })).toBeDisabled();
    await user.type(dialog.getByLabelText('Name'), 'Nightly builds');
    await user.click(dialog.getByRole('button', { name: 'Save' }));
    expect(await screen.findByText('Saved')).toBeVisible();
    expect(body).toEqual({ name: 'Nightly builds' });
  });

  it('when a key is rotated, then the old one keeps working for the chosen time', async () => {
    const { user } = renderKeys();
    let body: unknown;
    server.use(
      http.post(`*/api/v1/auth/api-keys/${key.id}/rotate`, async ({ request }) => {
        body = await request.json();
        return HttpResponse.json({ ...key, key: 'cak_successor' }, { status: 201 });
      }),
    );
    const dialog = await choose(user, 'Build machines', 'Rotate');
    await user.selectOptions(dialog.getByLabelText('The old key keeps working for'), '24 hours');
    await user.click(dialog.getByRole('button', { name: 'Rotate' }));
    expect(await screen.findByDisplayValue('cak_successor')).toBeVisible();
    expect(body).toEqual({ overlap_seconds: 86_400 });
  });

  it('when a key is revoked, then the page asks for confirmation first, and shows a refusal there', async () => {
    const { user } = renderKeys();
    server.use(http.delete(`*/api/v1/auth/api-keys/${key.id}`, () => new HttpResponse(null, { status: 204 })));
    server.use(
      http.delete(
        `*/api/v1/auth/api-keys/${key.id}`,
        () => HttpResponse.json({ code: 'forbidden', title: 'x' }, { status: 403 }),
        { once: true },
      ),
    );
    const dialog = await choose(user, 'Build machines', 'Revoke');
    await user.click(dialog.getByRole('button', { name: 'Revoke' }));
    expect(await dialog.findByText('Your role does not allow this.')).toBeVisible();
    await user.click(dialog.getByRole('button', { name: 'Revoke' }));
    expect(await screen.findByText('Build machines is revoked')).toBeVisible();
  });
});
