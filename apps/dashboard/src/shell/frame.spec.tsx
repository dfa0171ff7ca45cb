import { screen, waitFor, within } from '@testing-library/react';
import { onlineManager } from '@tanstack/react-query';
import i18next from 'i18next';
import { http, HttpResponse } from 'msw';
import { act } from 'react';
import { afterEach, describe, expect, it } from 'vitest';
import { renderApp } from '#test/render-app';
import { server } from '#test/server';
import { toast } from '#ui/toast';

const all = [
  'license:read',
  'license_session:read',
  'user:read',
  'project:read',
  'analytics:read',
  'tenant:read',
  'audit:read',
  'api_key:manage',
];
const navigation = async () => within(await screen.findByRole('navigation', { name: 'Main' }));
const path = ({ location }: { location: { href: string } }) => location.href;

afterEach(async () => {
  document.documentElement.className = '';
  await i18next.changeLanguage('en');
});

describe('a page of the dashboard', () => {
  it('when a user signs in first, then it is shown after that', async () => {
    const { history } = renderApp('/projects?x=1', { permissions: all, signedIn: false });
    await waitFor(() => expect(path(history)).toBe('/sign-in?redirect=%2Fprojects%3Fx%3D1'));
  });

  it('lists only the pages that the user has permission for', async () => {
    renderApp('/profile', { permissions: ['license:read', 'license_session:read'] });
    const links = (await navigation()).getAllByRole('link').map((link) => link.textContent);
    expect(links).toEqual(['Overview', 'Sessions', 'Licenses']);
  });

  it('links to the pages around the product and to the legal pages', async () => {
    renderApp('/profile', { permissions: all });
    const site = within(await screen.findByRole('navigation', { name: 'AZ1.AI' }));
    expect(site.getAllByRole('link').map((link) => link.textContent)).toEqual(['Home', 'Products', 'About', 'Contact']);
    const footer = within(screen.getByRole('navigation', { name: 'Legal and help' }));
    expect(footer.getAllByRole('link').map((link) => link.textContent)).toEqual([
      'Privacy',
      'Terms',
      'Support',
      'Documentation',
    ]);
  });

  it('when the address has no page, then it says so', async () => {
    renderApp('/no/such/page', { permissions: all });
    expect(await screen.findByText('Page not found')).toBeVisible();
  });

  it('when the user cannot be loaded, then it says why and offers to try again', async () => {
    const { user } = renderApp('/profile', { permissions: all });
    server.use(
      http.get('*/api/v1/auth/me', () =>
        HttpResponse.json({ code: 'forbidden', detail: 'No.', request_id: 'r-1' }, { status: 403 }),
      ),
    );
    expect(await screen.findByText('This could not be loaded')).toBeVisible();
    expect(screen.getByText('r-1')).toBeVisible();
    server.resetHandlers();
    server.use(
      http.get('*/api/v1/auth/me', () =>
        HttpResponse.json({ name: 'Ada', email: 'a@b.c', role: 'owner', tenant: { name: 'Acme' }, permissions: all }),
      ),
    );
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByRole('navigation', { name: 'Main' })).toBeVisible();
  });

  it('when the network is gone, then it says so', async () => {
    renderApp('/profile', { permissions: all });
    await navigation();
    act(() => onlineManager.setOnline(false));
    expect(screen.getByText(/You are offline/)).toBeVisible();
    act(() => onlineManager.setOnline(true));
    expect(screen.queryByText(/You are offline/)).toBeNull();
  });
});

describe('the user menu', () => {
  it('switches to the dark theme, which is kept', async () => {
    const { user } = renderApp('/profile', { permissions: all });
    await user.click(await screen.findByRole('button', { name: 'Account of Ada Lovelace' }));
    await user.click(await screen.findByRole('menuitemradio', { name: 'Dark' }));
    expect(document.documentElement).toHaveClass('dark');
    expect(localStorage.getItem('theme')).toBe('dark');
  });

  it('switches the language, which is kept', async () => {
    const { user } = renderApp('/profile', { permissions: all });
    await user.click(await screen.findByRole('button', { name: 'Account of Ada Lovelace' }));
    await user.click(await screen.findByRole('menuitemradio', { name: 'Deutsch' }));
    expect(await screen.findByRole('link', { name: 'Übersicht' })).toBeInTheDocument();
    expect(document.documentElement.lang).toBe('de');
    expect(localStorage.getItem('language')).toBe('de');
  });

  it('signs out here and at the API', async () => {
    const { user, history } = renderApp('/profile', { permissions: all });
    let ended = 0;
    server.use(
      http.post('*/api/v1/auth/logout', () => {
        ended += 1;
        // The API deletes the cookie with the login.
        server.use(http.post('*/api/v1/auth/refresh', () => HttpResponse.json({}, { status: 401 })));
        return new HttpResponse(null, { status: 204 });
      }),
    );
    await user.click(await screen.findByRole('button', { name: 'Account of Ada Lovelace' }));
    act(() => toast({ text: 'Ada was invited.' }));
    await user.click(await screen.findByRole('menuitem', { name: 'Sign out' }));
    expect(await screen.findByRole('heading', { name: 'Sign in' })).toBeVisible();
    expect(path(history)).toBe('/sign-in');
    await waitFor(() => expect(screen.queryByText('Ada was invited.')).toBeNull());
    expect(ended).toBe(1);
  });
});

describe('the keyboard shortcuts', () => {
  it('g and a letter open a page, except while the user types in a field', async () => {
    const { user, history } = renderApp('/profile', { permissions: all });
    await navigation();
    await user.keyboard('gt');
    await waitFor(() => expect(path(history)).toMatch(/^\/team/));
  });

  it('? lists the shortcuts', async () => {
    const { user } = renderApp('/profile', { permissions: all });
    await navigation();
    await user.keyboard('?');
    expect(await screen.findByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
  });
});
