import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { answer, asked, card, FORECAST, lastAsked, openAnalytics, rowsOf, serveAnalytics } from '#test/analytics';
import { server } from '#test/server';

serveAnalytics();

describe('the forecast', () => {
  it('is for one license, names its method, and says when the seats run out', async () => {
    openAnalytics('?view=planning');
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

  it('when another horizon is chosen, then it looks that far ahead', async () => {
    const history = openAnalytics('?view=planning');
    await userEvent.selectOptions(await screen.findByLabelText('Look ahead'), '90 days');
    await waitFor(() => expect(lastAsked('analytics/forecast')?.get('horizon_days')).toBe('90'));
    expect(history.location.search).toBe('?view=planning&horizon=90');
  });

  it.each([
    [{ expected: 0, earliest: 0 }, 'The expected peak takes every seat today.'],
    [{ expected: null, earliest: null }, 'The seats are expected to last for the next 3 days.'],
  ])('when days_until_exhausted is %j, then it says "%s"', async (days_until_exhausted, text) => {
    server.use(answer('analytics/forecast', () => ({ ...FORECAST, days_until_exhausted })));
    openAnalytics('?view=planning');
    expect(await screen.findByText(text)).toBeVisible();
    expect(screen.queryByText(/as early as/)).not.toBeInTheDocument();
  });

  it('when the history is too short, then it says how many days are missing', async () => {
    const short = { ...FORECAST, insufficient_data: true, history_days: 9, method: null, days: [] };
    server.use(answer('analytics/forecast', () => short));
    openAnalytics('?view=planning');
    expect(await screen.findByText('A forecast needs 14 whole days of samples. So far there are 9.')).toBeVisible();
  });

  it('when there is no license, then it says so', async () => {
    server.use(answer('licenses', () => ({ count: 0, next: null, previous: null, results: [] })));
    openAnalytics('?view=planning');
    expect(await screen.findByText('There is no license yet')).toBeVisible();
  });
});

describe('the what-if', () => {
  it('starts with the seats of the license', async () => {
    openAnalytics('?view=planning');
    expect(await screen.findByText('With 10 seats, people would have been refused 2 times.')).toBeVisible();
    expect(screen.getByLabelText('Seats')).toHaveValue('10');
    expect(screen.getByText(/a seat for 2 h 37 min/)).toBeVisible();
  });

  it('when the slider rests, then its value is requested and kept in the URL', async () => {
    const history = openAnalytics('?view=planning');
    await screen.findByText(/With 10 seats/);
    for (const value of ['15', '13', '11']) fireEvent.change(screen.getByLabelText('Seats'), { target: { value } });
    expect(screen.getByLabelText('Number of seats')).toHaveValue(11);

    expect(await screen.findByText('With 11 seats, 1 person would have been refused.')).toBeVisible();
    expect(history.location.search).toBe('?view=planning&seats=11');
    expect(asked['analytics/what-if']!.map((query) => query.get('seats'))).toEqual(['10', '11']);
  });

  it('when a number is typed, then it is used; an empty field returns to the value before', async () => {
    openAnalytics('?view=planning');
    await screen.findByText(/With 10 seats/);
    const field = screen.getByLabelText('Number of seats');
    await userEvent.clear(field);
    expect(field).toHaveValue(null);
    await userEvent.tab();
    expect(field).toHaveValue(10);

    await userEvent.clear(field);
    await userEvent.type(field, '9');
    expect(await screen.findByText('With 9 seats, people would have been refused 3 times.')).toBeVisible();
  });

  it('when the number that would have been enough is tried, then the slider follows', async () => {
    openAnalytics('?view=planning');
    await userEvent.click(await screen.findByRole('button', { name: 'Try 12' }));
    expect(await screen.findByText('With 12 seats, nobody would have been refused.')).toBeVisible();
    expect(screen.getByLabelText('Seats')).toHaveValue('12');
    expect(screen.queryByRole('button', { name: /^Try/ })).not.toBeInTheDocument();
  });

  it('when the period is longer than 92 days, then its last 92 days are replayed', async () => {
    openAnalytics('?view=planning&range=custom&from=2026-01-01&to=2026-10-31');
    await screen.findByText(/With 10 seats/);
    expect(lastAsked('analytics/what-if')?.get('from')).toBe('2026-08-01T00:00:00.000Z');
  });
});
