import { screen, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { describe, expect, it } from 'vitest';
import { renderApp } from '#test/render-app';
import { seatData, serveStream } from '#test/live';
import { aLicense, aSession, everything, ofMember, serveSeats } from '#test/seats';
import { server } from '#test/server';

type Seats = Parameters<typeof serveSeats>[0];

function open(seats: Seats, permissions = everything) {
  const view = renderApp('/', { permissions });
  serveSeats(seats);
  return view;
}
const card = async (title: string) =>
  within((await screen.findByRole('heading', { name: title, level: 2 })).closest('section')!);

describe('the overview', () => {
  it('shows seats in use and bought, of each license that grants seats', async () => {
    const suspended = aLicense({ id: 'other', key: 'CODI-TEST-0002', status: 'suspended', seats_in_use: 0 });
    open({ licenses: [aLicense(), suspended], sessions: [aSession(1), aSession(2)] });
    const seats = await card('Seats in use');
    expect(seats.getByText('of 5')).toBeVisible();
    const meter = seats.getByRole('meter', { name: 'coditect team ···0001' });
    expect(meter).toHaveAttribute('aria-valuenow', '2');
    expect((await card('What needs attention')).getByText(/···0002 is suspended/)).toBeVisible();
    expect((await card('Latest active sessions')).getByRole('link', { name: 'Person 1' })).toBeVisible();
    expect(await screen.findByText('Updating every 30 s')).toBeVisible();
  });

  it('draws the last week, and shows how many acquires were refused and why', async () => {
    open({ sessions: [aSession(1)] });
    const hour = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();
    const point = { mean: 1, seats_total: 5, acquires: 1, denials: 0, unique_users: 1, unique_machines: 1 };
    server.use(
      http.get('*/api/v1/analytics/usage', () =>
        HttpResponse.json({
          bucket: 'hour',
          series: [
            { ...point, starts_at: hour(3), peak: 1 },
            { ...point, starts_at: hour(2), peak: 4 },
          ],
        }),
      ),
      http.get('*/api/v1/analytics/denials', () =>
        HttpResponse.json({
          bucket: 'hour',
          denials: 7,
          attempts: 9,
          series: [],
          by_user: [],
          by_reason: [
            { reason: 'no_seats_available', denials: 6, attempts: 8 },
            { reason: 'brand_new', denials: 1, attempts: 1 },
          ],
        }),
      ),
    );
    expect(await screen.findByRole('img', { name: /over the last 7 days, at most 4/ })).toBeVisible();
    const refused = await card('Refused requests');
    expect(await refused.findByText('7')).toBeVisible();
    expect(refused.getByText('All seats were in use')).toBeVisible();
    expect(refused.getByText('brand_new')).toBeVisible();
  });

  it('when the user is a member, then it shows neither analytics nor data of others', async () => {
    open({ sessions: [aSession(1)] }, ofMember);
    expect(await screen.findByRole('heading', { name: 'Your active sessions' })).toBeVisible();
    expect(screen.queryByRole('heading', { name: 'Refused requests' })).toBeNull();
  });

  it('when no seat was ever taken, then it shows the steps to the first one, and says when it is taken', async () => {
    const sessions: Seats['sessions'] = [];
    const { user } = open({ sessions });
    const tell = serveStream();
    const first = await card('Take your first seat');
    expect(first.getByText(/coditect-license run --license-key CODI-TEST-0001/)).toBeVisible();
    expect(first.getByText('Waiting for your first seat…')).toBeVisible();
    sessions.push(aSession(1));
    expect(await screen.findByText('Live')).toBeVisible();
    tell({ type: 'seat.acquired', data: seatData(aSession(1), 1) });
    expect(await first.findByText(/There it is: Person 1 has seat 1/)).toBeVisible();
    await user.click(first.getByRole('button', { name: 'Continue' }));
    expect(screen.queryByRole('heading', { name: 'Take your first seat' })).toBeNull();
  });

  it('when there is no license yet, then it says so', async () => {
    open({ licenses: [], sessions: [] });
    expect(await screen.findByText('No license yet')).toBeVisible();
  });

  it('when something cannot be loaded, then it says so, and it can be tried again', async () => {
    const { user } = renderApp('/', { permissions: everything });
    const again = await screen.findByRole('button', { name: 'Try again' });
    serveSeats({ sessions: [aSession(1)] });
    await user.click(again);
    expect(await screen.findByRole('heading', { name: 'Seats in use' })).toBeVisible();
  });
});
