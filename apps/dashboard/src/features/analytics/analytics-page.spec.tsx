import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import {
  answer,
  card,
  CELLS,
  day,
  DENIALS,
  lastAsked,
  openAnalytics,
  rowsOf,
  saved,
  serveAnalytics,
} from '#test/analytics';
import { server } from '#test/server';
import { DAY_MS } from './period.ts';

serveAnalytics();

describe('usage', () => {
  it('is summed up in key figures', async () => {
    openAnalytics();
    const figures = await screen.findByLabelText('The period in figures');
    expect(figures).toHaveTextContent('Highest peak12of 15 seats');
    expect(figures).toHaveTextContent('In use on average533% of the seats');
    expect(figures).toHaveTextContent('Seats acquired14');
    expect(figures).toHaveTextContent('Denials2retries count once');
    expect(await screen.findByText(/Peaks of several licenses are added up/)).toBeVisible();
  });

  it('is shown as a chart and as a table; a bucket without samples is not a zero', async () => {
    openAnalytics();
    const usage = await card('Seats in use');
    await waitFor(() => expect(usage.querySelector('svg.recharts-surface')).toBeInTheDocument());

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

  it('when exported as CSV, then the file has exact times and numbers', async () => {
    openAnalytics();
    const usage = await card('Seats in use');
    await userEvent.click(within(usage).getByRole('button', { name: 'Export Seats in use' }));
    await userEvent.click(await screen.findByRole('menuitem', { name: 'Data as CSV' }));

    await waitFor(() => expect(saved).toHaveLength(1));
    expect(saved[0]!.name).toMatch(/^usage-\d{4}-\d{2}-\d{2}-\d{4}-\d{2}-\d{2}\.csv$/);
    const lines = (await saved[0]!.blob.text()).trim().split('\r\n');
    expect(lines[0]).toBe('starts_at,peak,mean,seats_total,acquires,denials,unique_users,unique_machines');
    expect(lines.slice(-2)).toEqual([`${day(1)},12,5.5,15,7,1,4,5`, `${day(0)},,,,,,,`]);
  });

  it('when there are no samples yet, then the page says when the first one comes', async () => {
    server.use(
      answer('analytics/usage', () => ({ bucket: 'day', series: [] })),
      answer('analytics/heatmap', () => ({
        time_zone: 'UTC',
        cells: CELLS.map((cell) => ({ ...cell, mean: null, peak: null })),
      })),
    );
    openAnalytics();
    expect(await screen.findByText(/The first sample comes within 5 minutes/)).toBeVisible();
    await waitFor(() => expect(screen.queryByRole('heading', { name: 'Busy hours' })).not.toBeInTheDocument());
  });

  it('when the role does not allow it, then the page says so', async () => {
    const problem = { type: 'x', title: 'Forbidden', status: 403, code: 'forbidden', detail: 'no', request_id: 'r-1' };
    server.use(answer('analytics/usage', () => problem, 403));
    openAnalytics();
    expect(await screen.findByText('Your role does not allow this.')).toBeVisible();
  });
});

describe('the filters', () => {
  it('when license, period and bucket are chosen, then the URL keeps them', async () => {
    const history = openAnalytics();
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

  it('when the period is custom, then its days can be chosen', async () => {
    const history = openAnalytics('?range=custom&from=2026-03-01&to=2026-03-31');
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
  it('are a grid with one tab stop, in which arrow keys move the focus', async () => {
    openAnalytics();
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

  it('are shaded by the mean or by the peak', async () => {
    const history = openAnalytics();
    expect(await screen.findByRole('img', { name: 'From 0 to 8.5 seats' })).toBeVisible();
    await userEvent.selectOptions(screen.getByLabelText('What the colors show'), 'Peak');
    expect(await screen.findByRole('img', { name: 'From 0 to 9 seats' })).toBeVisible();
    expect(history.location.search).toBe('?measure=peak');
  });
});

describe('denials', () => {
  it('are shown over time, by reason and by user', async () => {
    openAnalytics('?view=denials');
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

  it('when there are none, then the page says so as good news', async () => {
    server.use(answer('analytics/denials', () => ({ ...DENIALS, denials: 0, attempts: 0, series: [] })));
    openAnalytics('?view=denials');
    expect(await screen.findByText('Nobody was refused a seat')).toBeVisible();
  });
});
