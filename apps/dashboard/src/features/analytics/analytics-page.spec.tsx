import { createMemoryHistory, type RouterHistory } from '@tanstack/react-router';
import { render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse, type JsonBodyType } from 'msw';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { me, server } from '../../../test/server.ts';
import { App } from '../../app.tsx';

const LICENSES = [
  { id: 'one', key: 'CODI-ONE', seats_total: 10 },
  { id: 'two', key: 'CODI-TWO', seats_total: 5 },
];
const DAY_MS = 24 * 3600 * 1000;
/** The day so many days ago, of UTC. */
const day = (ago: number) => new Date(Math.floor(Date.now() / DAY_MS - ago) * DAY_MS).toISOString();
const point = (ago: number, peak: number, mean: number) => ({
  ...{ starts_at: day(ago), peak, mean, seats_total: 15 },
  ...{ acquires: 7, denials: 1, unique_users: 4, unique_machines: 5 },
});
const CELLS = Array.from({ length: 168 }, (_, i) => ({
  ...{ weekday: Math.floor(i / 24) + 1, hour: i % 24 },
  ...(i === 10 ? { mean: 4.25, peak: 6 } : i === 34 ? { mean: 8.5, peak: 9 } : { mean: null, peak: null }),
}));
const FORECAST = {
  ...{ license_id: 'one', seats_total: 10, insufficient_data: false, history_days: 60, method: 'damped_holt_winters' },
  days: [7.5, 8, 10.5].map((expected, i) => ({
    ...{ date: day(-i).slice(0, 10), expected, lower_80: expected - 1, upper_80: expected + 1 },
    ...{ lower_95: expected - 2, upper_95: expected + 2 },
  })),
  days_until_exhausted: { expected: 2, earliest: 1 },
};
const DENIALS = {
  ...{ bucket: 'day', denials: 3, attempts: 8 },
  series: [{ starts_at: day(1), denials: 3, attempts: 8 }],
  by_reason: [
    { reason: 'no_seats_available', denials: 2, attempts: 6 },
    { reason: 'something_new', denials: 1, attempts: 2 },
  ],
  by_user: [
    { user: { id: 'u1', email: 'ada@acme.example', name: 'Ada' }, denials: 2, attempts: 6 },
    { user: { id: 'u2', email: null, name: null }, denials: 1, attempts: 2 },
  ],
};
const whatIf = (seats: number) => ({
  ...{ license_id: 'one', seats, seats_total: 10, recorded: { sessions: 80, denials: 4 } },
  ...{ denials: Math.max(12 - seats, 0), denials_remaining: Math.max(12 - seats, 0), sessions_refused: 0 },
  ...{ peak: Math.min(seats, 12), seats_needed: 12, assumed_session_seconds: 9_420 },
});

/** What was asked of a route of the API. */
let asked: Record<string, URLSearchParams[]>;
const answer = (route: string, body: (query: URLSearchParams) => JsonBodyType, status = 200) =>
  http.get(`*/api/v1/${route}`, ({ request }) => {
    const query = new URL(request.url).searchParams;
    (asked[route] ??= []).push(query);
    return HttpResponse.json(body(query), { status });
  });
const lastAsked = (route: string) => asked[route]?.at(-1);

let saved: { blob: Blob; name: string }[];
beforeEach(() => {
  asked = {};
  saved = [];
  server.use(
    answer('auth/me', () => ({ ...me, permissions: ['analytics:read', 'license:read'] })),
    answer('licenses', () => ({ count: 2, next: null, previous: null, results: LICENSES })),
    answer('analytics/usage', () => ({ bucket: 'day', series: [point(3, 9, 4.5), point(1, 12, 5.5)] })),
    answer('analytics/heatmap', () => ({ time_zone: 'UTC', cells: CELLS })),
    answer('analytics/denials', () => DENIALS),
    answer('analytics/forecast', () => FORECAST),
    answer('analytics/what-if', (query) => whatIf(Number(query.get('seats')))),
  );
  // jsdom neither makes URLs of blobs nor downloads.
  URL.createObjectURL = (blob) => {
    saved.push({ blob: blob as Blob, name: '' });
    return 'blob:file';
  };
  URL.revokeObjectURL = () => {};
  vi.spyOn(Element.prototype, 'getBoundingClientRect').mockReturnValue(new DOMRect(0, 0, 640, 280)); // nor has it layout
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
    saved.at(-1)!.name = this.download;
  });
});
afterEach(() => vi.restoreAllMocks());

function open(search = ''): RouterHistory {
  const history = createMemoryHistory({ initialEntries: [`/analytics${search}`] });
  render(<App history={history} />);
  return history;
}
const card = async (title: string) =>
  (await screen.findByRole('heading', { name: title, level: 2 })).closest('section')!;
const rowsOf = (table: HTMLElement) =>
  within(table)
    .getAllByRole('row')
    .map((row) => [...row.children].map(({ textContent }) => textContent));

describe('usage', () => {
  it('is summed up in figures', async () => {
    open();
    const figures = await screen.findByLabelText('The period in figures');
    expect(figures).toHaveTextContent('Highest peak12of 15 seats');
    expect(figures).toHaveTextContent('In use on average533% of the seats');
    expect(figures).toHaveTextContent('Seats acquired14');
    expect(figures).toHaveTextContent('Denials2retries count once');
    expect(await screen.findByText(/Peaks of several licenses are added up/)).toBeVisible();
  });

  it('is a chart, and a table for those who would rather read; what was not sampled is no zero', async () => {
    open();
    const usage = await card('Seats in use');
    await waitFor(() => expect(usage.querySelector('svg.recharts-surface')).toBeInTheDocument(), { timeout: 10_000 });

    await userEvent.click(within(usage).getByRole('button', { name: 'Show as table' }));

    expect(within(usage).getByRole('button', { name: 'Show as table' })).toHaveAttribute('aria-pressed', 'true');
    const table = within(usage).getByRole('region', { name: 'Seats in use, as a table' });
    const rows = rowsOf(table);
    expect(rows[0]).toEqual(['Time', 'Peak', 'Mean', 'Seats bought', 'Acquired', 'Denials', 'People', 'Machines']);
    expect(rows).toHaveLength(31);
    expect(rows.slice(-4).map((row) => row.slice(1, 4))).toEqual([
      ['9', '4.5', '15'],
      ['–', '–', '–'],
      ['12', '5.5', '15'],
      ['–', '–', '–'],
    ]);
  });

  it('is exported with exact times and numbers', async () => {
    open();
    const usage = await card('Seats in use');
    await userEvent.click(within(usage).getByRole('button', { name: 'Export Seats in use' }));
    await userEvent.click(await screen.findByRole('menuitem', { name: 'Data as CSV' }));

    expect(saved[0]!.name).toMatch(/^usage-\d{4}-\d{2}-\d{2}-\d{4}-\d{2}-\d{2}\.csv$/);
    const lines = (await saved[0]!.blob.text()).trim().split('\r\n');
    expect(lines[0]).toBe('starts_at,peak,mean,seats_total,acquires,denials,unique_users,unique_machines');
    expect(lines.slice(-2)).toEqual([`${day(1)},12,5.5,15,7,1,4,5`, `${day(0)},,,,,,,`]);
  });

  it('that was never sampled says when the first sample comes', async () => {
    server.use(
      answer('analytics/usage', () => ({ bucket: 'day', series: [] })),
      answer('analytics/heatmap', () => ({
        time_zone: 'UTC',
        cells: CELLS.map((cell) => ({ ...cell, mean: null, peak: null })),
      })),
    );
    open();
    expect(await screen.findByText(/The first sample comes within 5 minutes/)).toBeVisible();
    await waitFor(() => expect(screen.queryByRole('heading', { name: 'Busy hours' })).not.toBeInTheDocument());
  });

  it('that may not be seen says so', async () => {
    const problem = { type: 'x', title: 'Forbidden', status: 403, code: 'forbidden', detail: 'no', request_id: 'r-1' };
    server.use(answer('analytics/usage', () => problem, 403));
    open();
    expect(await screen.findByText('Your role does not allow this.')).toBeVisible();
  });
});

describe('what is looked at', () => {
  it('is in the URL: license, period and bucket', async () => {
    const history = open();
    await userEvent.selectOptions(
      await screen.findByLabelText('License'),
      await screen.findByRole('option', { name: 'CODI-TWO' }),
    );
    await userEvent.selectOptions(screen.getByLabelText('Period'), 'Last 7 days');
    await userEvent.selectOptions(screen.getByLabelText('By'), 'Day');

    await waitFor(() => expect(lastAsked('analytics/usage')?.get('bucket')).toBe('day'));
    expect(history.location.search).toBe('?license=two&range=7d&bucket=day');
    expect(lastAsked('analytics/usage')?.get('license_id')).toBe('two');
    const { from, to } = Object.fromEntries(lastAsked('analytics/usage')!);
    expect(Date.parse(to!) - Date.parse(from!)).toBe(7 * DAY_MS);
    expect(lastAsked('analytics/heatmap')?.get('license_id')).toBe('two');
  });

  it('can be days of one’s own', async () => {
    const history = open('?range=custom&from=2026-03-01&to=2026-03-31');
    const from = await screen.findByLabelText('From');
    expect(from).toHaveValue('2026-03-01');
    await userEvent.clear(from);
    await userEvent.type(from, '2026-03-10');

    await waitFor(() => expect(lastAsked('analytics/usage')?.get('from')).toBe('2026-03-10T00:00:00.000Z'));
    expect(lastAsked('analytics/usage')?.get('to')).toBe('2026-04-01T00:00:00.000Z');
    await userEvent.selectOptions(screen.getByLabelText('Period'), 'Last 24 hours');
    await waitFor(() => expect(history.location.search).toBe('?range=24h'));
  });
});

describe('busy hours', () => {
  it('are a grid that arrow keys move in, one stop of the tab key', async () => {
    open();
    const grid = await screen.findByRole('grid', { name: 'Busy hours' });
    const cells = within(grid).getAllByRole('gridcell');
    expect(cells).toHaveLength(168);
    expect(cells.filter((cell) => cell.getAttribute('tabindex') === '0')).toEqual([cells[0]]);

    cells[0]!.focus();
    await userEvent.keyboard('{ArrowDown}{End}{ArrowRight}{Home}{ArrowRight>10/}');
    expect(cells[34]).toHaveFocus();
    expect(cells[34]).toHaveAccessibleName('Tuesday, 10:00 AM to 11:00 AM: 8.5 seats on average, peak 9');
    expect(screen.getByTestId('hour')).toHaveTextContent('Tuesday, 10:00 AM');
    await userEvent.keyboard('{ArrowUp}{ArrowUp}{ArrowLeft}');
    expect(cells[9]).toHaveFocus();
    expect(cells[9]).toHaveAccessibleName('Monday, 09:00 AM to 10:00 AM: not sampled');

    await userEvent.hover(cells[10]!);
    expect(screen.getByTestId('hour')).toHaveTextContent('4.3 seats on average, peak 6');
  });

  it('are shaded by the average or the peak', async () => {
    const history = open();
    expect(await screen.findByRole('img', { name: 'From 0 to 8.5 seats' })).toBeVisible();
    await userEvent.selectOptions(screen.getByLabelText('What the colors show'), 'Peak');
    expect(await screen.findByRole('img', { name: 'From 0 to 9 seats' })).toBeVisible();
    expect(history.location.search).toBe('?measure=peak');
  });
});

describe('denials', () => {
  it('are told over time, by reason and by person', async () => {
    open('?view=denials');
    expect(await screen.findByText(/3 denials, 8 refused attempts/)).toBeVisible();
    const reasons = rowsOf(await card('By reason'));
    expect(reasons.slice(1)).toEqual([
      ['All seats in use75%', '2', '6'],
      ['something_new25%', '1', '2'],
    ]);
    expect(rowsOf(await card('By person')).slice(1)).toEqual([
      ['Adaada@acme.example', '2', '6'],
      ['Removed person', '1', '2'],
    ]);
    const overTime = await card('Denials over time');
    await userEvent.click(within(overTime).getByRole('button', { name: 'Show as table' }));
    expect(
      rowsOf(overTime)
        .slice(-2)
        .map((row) => row.slice(1)),
    ).toEqual([
      ['3', '8'],
      ['0', '0'],
    ]);
  });

  it('that never happened are good news', async () => {
    server.use(answer('analytics/denials', () => ({ ...DENIALS, denials: 0, attempts: 0, series: [] })));
    open('?view=denials');
    expect(await screen.findByText('Nobody was refused a seat')).toBeVisible();
  });
});

describe('the forecast', () => {
  it('is of one license, names its method, and says when the seats run out', async () => {
    open('?view=planning');
    expect(await screen.findByText(/The expected peak takes every seat on .*, in 2 days\./)).toBeVisible();
    expect(screen.getByText(/It may happen as early as/)).toBeVisible();
    expect(screen.getByText(/Holt-Winters with a weekly season and a damped trend, from 60 whole days/)).toBeVisible();
    expect(lastAsked('analytics/forecast')?.get('license_id')).toBe('one');

    const forecast = await card('Forecast');
    await userEvent.click(within(forecast).getByRole('button', { name: 'Show as table' }));
    const rows = rowsOf(forecast);
    expect(rows.at(-1)?.slice(1)).toEqual(['–', '10.5', '9.5', '11.5', '8.5', '12.5', '10']);
    expect(rows.map((row) => row[1])).toEqual(['Peak so far', '9', '12', '–', '–', '–']);
  });

  it('looks as far ahead as wanted', async () => {
    const history = open('?view=planning');
    await userEvent.selectOptions(await screen.findByLabelText('Look ahead'), '90 days');
    await waitFor(() => expect(lastAsked('analytics/forecast')?.get('horizon_days')).toBe('90'));
    expect(history.location.search).toBe('?view=planning&horizon=90');
  });

  it.each([
    [{ expected: 0, earliest: 0 }, 'The expected peak takes every seat today.'],
    [{ expected: null, earliest: null }, 'The seats are expected to last for the next 3 days.'],
  ])('with %j says "%s"', async (days_until_exhausted, text) => {
    server.use(answer('analytics/forecast', () => ({ ...FORECAST, days_until_exhausted })));
    open('?view=planning');
    expect(await screen.findByText(text)).toBeVisible();
    expect(screen.queryByText(/as early as/)).not.toBeInTheDocument();
  });

  it('of too short a history says how much is missing', async () => {
    const short = { ...FORECAST, insufficient_data: true, history_days: 9, method: null, days: [] };
    server.use(answer('analytics/forecast', () => short));
    open('?view=planning');
    expect(await screen.findByText('A forecast needs 14 whole days of samples. So far there are 9.')).toBeVisible();
  });

  it('needs a license', async () => {
    server.use(answer('licenses', () => ({ count: 0, next: null, previous: null, results: [] })));
    open('?view=planning');
    expect(await screen.findByText('There is no license yet')).toBeVisible();
  });
});

describe('what if', () => {
  it('begins with the seats there are', async () => {
    open('?view=planning');
    expect(await screen.findByText('With 10 seats, people would have been refused 2 times.')).toBeVisible();
    expect(screen.getByLabelText('Seats')).toHaveValue('10');
    expect(screen.getByText(/a seat for 2 h 37 min/)).toBeVisible();
  });

  it('asks once somebody stops typing, and keeps the number in the URL', async () => {
    const history = open('?view=planning');
    const field = await screen.findByLabelText('Number of seats');
    await screen.findByText(/With 10 seats/);
    await userEvent.clear(field);
    await userEvent.type(field, '11', { initialSelectionStart: 0, initialSelectionEnd: 9 });

    expect(await screen.findByText('With 11 seats, 1 person would have been refused.')).toBeVisible();
    expect(history.location.search).toBe('?view=planning&seats=11');
    expect(asked['analytics/what-if']!.map((query) => query.get('seats'))).toEqual(['10', '11']);
  });

  it('takes the number that is enough for everybody, and the slider follows', async () => {
    open('?view=planning');
    await userEvent.click(await screen.findByRole('button', { name: 'Try 12' }));
    expect(await screen.findByText('With 12 seats, nobody would have been refused.')).toBeVisible();
    expect(screen.getByLabelText('Seats')).toHaveValue('12');
    expect(screen.queryByRole('button', { name: /^Try/ })).not.toBeInTheDocument();
  });

  it('replays the last 92 days of a longer period', async () => {
    open('?view=planning&range=custom&from=2026-01-01&to=2026-10-31');
    await screen.findByText(/With 10 seats/);
    expect(lastAsked('analytics/what-if')?.get('from')).toBe('2026-08-01T00:00:00.000Z');
  });
});
