import { screen } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { expect, it } from 'vitest';
import { renderApp } from '#test/render-app';
import { server } from '#test/server';

const permissions = ['event:read'];

const event = (sequence: number) => ({
  id: `0195a4c4-3e2f-7b51-9d0a-5c6b7a8f${sequence}`,
  sequence,
  type: 'license_session.acquired',
  timestamp: '2026-11-22T09:30:00.000Z',
  resource_type: 'license_session',
  resource_id: 'x',
  data: { seat_no: 3 },
});

it('events are listed with their data after a sequence, and filtered by type', async () => {
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
