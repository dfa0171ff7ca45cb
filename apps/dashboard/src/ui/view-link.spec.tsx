import { screen, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import { renderApp } from '#test/render-app';

const permissions = [
  'user:read',
  'user:invite',
  'analytics:read',
  'license:read',
  'api_key:manage',
  'webhook:manage',
  'license_session:acquire',
];

it.each([
  ['/analytics', 'Analytics', 'Usage'],
  ['/analytics?view=planning', 'Analytics', 'Planning'],
  ['/team?search=ada', 'Team', 'Members'],
  ['/team?tab=invitations', 'Team', 'Invitations'],
  ['/developers', 'Developers', 'Quick start'],
  ['/developers?tab=api-keys&status=expired', 'Developers', 'API keys'],
])('%s marks the view it shows, and no other', async (path, page, view) => {
  renderApp(path, { permissions });
  await screen.findByRole('heading', { level: 1, name: page });
  const views = within(screen.getByRole('main')).getAllByRole('link', { current: 'page' });
  expect(views.map(({ textContent }) => textContent)).toEqual([view]);
});
