import { screen, waitFor } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { describe, expect, it } from 'vitest';
import { renderApp } from '#test/render-app';
import { aLicense, aSession } from '#test/seats';
import { me, server } from '#test/server';

const ID = '0193a1f0-5b1e-7c3e-9b57-0a6c2f4f8f09';
const SEES_ALL = ['license:read', 'license_session:read', 'user:read', 'project:read', 'audit:read'];
const page = (results: object[]) => HttpResponse.json({ count: results.length, next: null, previous: null, results });

/** Opens the palette by its shortcut, for a user with these permissions. */
async function openPalette(permissions: string[]) {
  const view = renderApp('/profile', { permissions });
  await screen.findByRole('navigation', { name: 'Main' });
  await view.user.keyboard('{Control>}k{/Control}');
  const input = await screen.findByPlaceholderText('Type a page, an action, a name, or paste an id');
  return { ...view, input, href: () => view.history.location.href };
}

describe('the palette', () => {
  it('opens a page by its name', async () => {
    const { user, input, href } = await openPalette(SEES_ALL);
    await user.type(input, 'audit{Enter}');
    await waitFor(() => expect(href()).toMatch(/^\/audit/));
  });

  it('starts the actions that the user has permission for, and offers no others', async () => {
    const { user, input, href } = await openPalette([...SEES_ALL, 'project:create']);
    expect(screen.queryByRole('option', { name: 'Invite people' })).toBeNull();
    await user.type(input, 'create{Enter}');
    await waitFor(() => expect(href()).toBe('/projects?create=true'));
    expect(await screen.findByRole('dialog', { name: /project/i })).toBeVisible();
    await user.keyboard('{Escape}');
    await waitFor(() => expect(href()).toBe('/projects'));
  });

  it('when the user pauses typing, then it finds users, projects, sessions and licenses', async () => {
    const asked: string[] = [];
    const { user, input, href } = await openPalette(SEES_ALL);
    const answer = (results: object[]) => (info: { request: Request }) => {
      asked.push(new URL(info.request.url).search);
      return page(results);
    };
    server.use(
      http.get('*/api/v1/users', answer([me])),
      http.get('*/api/v1/projects', answer([{ id: ID, name: 'Analytical engine', description: null }])),
      http.get('*/api/v1/license-sessions', answer([aSession(7)])),
      http.get('*/api/v1/licenses', () => page([aLicense(), aLicense({ id: ID, product: 'another', key: 'X-1' })])),
    );
    await user.type(input, 'odi');
    const found = await screen.findAllByRole('option');
    expect(found.map(({ textContent }) => textContent)).toEqual([
      'Ada Lovelaceada@acme.example',
      'Analytical engine',
      `Person 7${aSession(7).machine_id}`,
      'coditect team ···0001CODI-TEST-0001',
    ]);
    expect(asked.toSorted()).toEqual([
      '?search=odi&limit=5',
      '?search=odi&limit=5',
      '?search=odi&limit=5&status=active',
    ]);
    await user.click(screen.getByRole('option', { name: /Ada Lovelace/ }));
    await waitFor(() => expect(href()).toBe(`/team?id=${me.id}`));
  });

  it('requests nothing without permission, nor for a single letter', async () => {
    const { user, input } = await openPalette(['license:read']);
    server.use(
      http.get('*/api/v1/users', () => page([me])),
      http.get('*/api/v1/licenses', () => page([aLicense()])),
    );
    await user.type(input, 'a');
    expect(screen.queryByText('Searching…')).toBeNull();
    await user.type(input, 'cm');
    expect(await screen.findByText('Nothing found')).toBeVisible();
    expect(screen.queryByRole('option')).toBeNull();
  });

  it('when an id is pasted, then it opens the page of its resource', async () => {
    const { user, input, href } = await openPalette(SEES_ALL);
    server.use(http.get('*/api/v1/licenses/:id', () => HttpResponse.json(aLicense({ id: ID }))));
    await user.click(input);
    await user.paste(ID);
    await user.keyboard('{Enter}');
    await waitFor(() => expect(href()).toBe(`/licenses/${ID}`));
  });

  it('when an id is unknown, then it says so', async () => {
    const { user, input } = await openPalette(SEES_ALL);
    await user.click(input);
    await user.paste(ID);
    await user.keyboard('{Enter}');
    expect(await screen.findByText('Nothing in your organization has this id')).toBeVisible();
  });
});
