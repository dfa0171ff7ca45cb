import { screen, waitFor } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { describe, expect, it } from 'vitest';
import { renderApp } from '#test/render-app';
import { server } from '#test/server';

const permissions = ['api_key:manage', 'license_session:acquire', 'webhook:manage', 'event:read'];

describe('the developers page', () => {
  it('when the role has no access to the API, then the page says so', async () => {
    renderApp('/developers', { permissions: ['license:read'] });
    expect(await screen.findByText('Your role has no access to API keys and webhooks.')).toBeVisible();
  });

  it('keeps its tab in the URL, and links to the API reference', async () => {
    const { user, history } = renderApp('/developers', { permissions });
    server.use(http.get('*/api/v1/licenses', () => HttpResponse.json({ count: 0, results: [] })));
    expect(await screen.findByText('Your organization has no active license')).toBeVisible();
    expect(screen.getByRole('link', { name: 'API reference' })).toHaveAttribute('href', '/docs');
    await user.click(screen.getByRole('link', { name: 'Webhooks' }));
    await waitFor(() => expect(history.location.search).toBe('?tab=webhooks'));
    expect(screen.getByRole('link', { name: 'Webhooks' })).toHaveAttribute('aria-current', 'page');
  });
});
