import { screen } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { describe, expect, it } from 'vitest';
import { renderApp } from '#test/render-app';
import { server } from '#test/server';

const permissions = ['license_session:acquire'];

function renderQuickStart(licenses: object[], sessions: object[] = []) {
  const view = renderApp('/developers', { permissions });
  server.use(
    http.get('*/api/v1/licenses', () => HttpResponse.json({ count: licenses.length, results: licenses })),
    http.get('*/api/v1/license-sessions', () => HttpResponse.json({ count: sessions.length, results: sessions })),
  );
  return view;
}

describe('the quick start', () => {
  const licenses = [
    { id: '1', key: 'CODI-ONE', product: 'coditect' },
    { id: '2', key: 'CODI-TWO', product: 'studio' },
  ];

  it('shows commands with the license key and the server, and waits for a first seat', async () => {
    const { user } = renderQuickStart(licenses);
    expect(await screen.findByText(/^Waiting for your first seat/)).toBeVisible();
    expect(screen.getByRole('region', { name: 'Command line' })).toHaveTextContent('acquire --license-key CODI-ONE');
    await user.selectOptions(screen.getByLabelText('License'), 'studio · CODI-TWO');
    for (const name of ['Command line', 'curl', 'TypeScript']) {
      const commands = screen.getByRole('region', { name });
      expect(commands).toHaveTextContent('CODI-TWO');
      expect(commands).toHaveTextContent(window.location.origin);
    }
  });

  it('when a seat is taken, then it says that it works', async () => {
    renderQuickStart(licenses, [{ seat_no: 3, started_at: new Date().toISOString() }]);
    expect(await screen.findByText(/^It works: you took seat 3/)).toBeVisible();
  });

  it('when something cannot be loaded, then it says so', async () => {
    renderApp('/developers', { permissions });
    expect(await screen.findByText('Could not load: License')).toBeVisible();
  });
});
