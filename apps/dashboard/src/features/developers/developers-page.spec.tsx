import { screen, waitFor } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { describe, expect, it } from 'vitest';
import { renderApp } from '#test/render-app';
import { server } from '#test/server';

const permissions = ['api_key:manage', 'license_session:acquire', 'webhook:manage', 'event:read'];

const event = (sequence: number) => ({
  id: `0195a4c4-3e2f-7b51-9d0a-5c6b7a8f${sequence}`,
  sequence,
  type: 'license_session.acquired',
  timestamp: '2026-11-22T09:30:00.000Z',
  resource_type: 'license_session',
  resource_id: 'x',
  data: { seat_no: 3 },
});

function renderQuickStart(licenses: object[], sessions: object[] = []) {
  const view = renderApp('/developers', { permissions });
  server.use(
    http.get('*/api/v1/licenses', () => HttpResponse.json({ count: licenses.length, results: licenses })),
    http.get('*/api/v1/license-sessions', () => HttpResponse.json({ count: sessions.length, results: sessions })),
  );
  return view;
}

describe('the developers page', () => {
  it('is for who may use the API', async () => {
    renderApp('/developers', { permissions: ['license:read'] });
    expect(await screen.findByText('Your role has no access to API keys and webhooks.')).toBeVisible();
  });

  it('has its tab in the URL, and leads to the reference', async () => {
    const { user, history } = renderQuickStart([]);
    expect(await screen.findByText('Your organization has no active license')).toBeVisible();
    expect(screen.getByRole('link', { name: 'API reference' })).toHaveAttribute('href', '/docs');
    await user.click(screen.getByRole('link', { name: 'Webhooks' }));
    await waitFor(() => expect(history.location.search).toBe('?tab=webhooks'));
    expect(screen.getByRole('link', { name: 'Webhooks' })).toHaveAttribute('aria-current', 'page');
  });
});

describe('the quick start', () => {
  const licenses = [
    { id: '1', key: 'CODI-ONE', product: 'coditect' },
    { id: '2', key: 'CODI-TWO', product: 'studio' },
  ];

  it('has the license and the server in every command, and waits for a first seat', async () => {
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

  it('says that it works when there is a seat', async () => {
    renderQuickStart(licenses, [{ seat_no: 3, started_at: new Date().toISOString() }]);
    expect(await screen.findByText(/^It works: you took seat 3/)).toBeVisible();
  });

  it('says what went wrong', async () => {
    renderApp('/developers', { permissions });
    expect(await screen.findByText('This could not be loaded')).toBeVisible();
  });
});

describe('events', () => {
  it('are read onwards, with what they say, from a number, and by type', async () => {
    const { user, history } = renderApp('/developers?tab=events', { permissions });
    const asked: string[] = [];
    server.use(
      http.get('*/api/v1/events', ({ request }) => {
        const query = new URL(request.url).searchParams;
        asked.push(query.toString());
        const after = Number(query.get('after'));
        if (after > 100 || query.has('type'))
          return HttpResponse.json({ results: [], last_sequence: after, has_more: false });
        return HttpResponse.json({ results: [event(after + 1)], last_sequence: after + 1, has_more: after === 0 });
      }),
    );
    await user.click(await screen.findByText('license_session.acquired', { selector: 'code' }));
    expect(screen.getByRole('region', { name: 'Event 1' })).toHaveTextContent('"seat_no": 3');
    await user.click(screen.getByRole('button', { name: 'Next' }));
    expect(await screen.findByText('#2')).toBeVisible();
    expect(history.location.search).toBe('?tab=events&after=1');
    await user.clear(screen.getByLabelText('After number'));
    await user.type(screen.getByLabelText('After number'), '500');
    await user.click(screen.getByRole('button', { name: 'Go' }));
    expect(await screen.findByText('No events after this one yet')).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'From the start' }));
    expect(await screen.findByText('#1')).toBeVisible();
    await user.selectOptions(screen.getByLabelText('Type'), 'denial.created');
    expect(await screen.findByText('No events in the last 30 days')).toBeVisible();
    expect(asked.at(-1)).toContain('type=denial.created');
  });
});
