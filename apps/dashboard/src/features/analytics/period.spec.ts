import { describe, expect, it } from 'vitest';
import { analyticsSearch } from './analytics-search.ts';
import { daysOf, filled, lastDays, periodOf } from './period.ts';

const NOW = Date.parse('2026-11-22T10:12:30.000Z');

describe('a period up to now', () => {
  it.each([
    ['24h', '5m', '2026-11-21T11:00:00.000Z', '2026-11-22T11:00:00.000Z'],
    ['7d', 'hour', '2026-11-15T11:00:00.000Z', '2026-11-22T11:00:00.000Z'],
    ['30d', 'day', '2026-10-24T00:00:00.000Z', '2026-11-23T00:00:00.000Z'],
    ['90d', 'day', '2026-08-25T00:00:00.000Z', '2026-11-23T00:00:00.000Z'],
  ] as const)('of %s is whole, and shown by %s', (range, bucket, from, to) => {
    expect(periodOf({ range }, NOW)).toMatchObject({ from, to, bucket });
  });

  it('offers the buckets that the API keeps and that give few enough points', () => {
    const offered = (range: '24h' | '7d' | '30d' | '90d') => periodOf({ range }, NOW).buckets;
    expect(offered('24h')).toEqual(['5m', 'hour']);
    expect(offered('7d')).toEqual(['hour', 'day']);
    expect(offered('30d')).toEqual(['hour', 'day']);
    expect(offered('90d')).toEqual(['day']);
  });

  it('uses the wanted bucket if it is offered, otherwise the default', () => {
    expect(periodOf({ range: '30d', bucket: 'hour' }, NOW).bucket).toBe('hour');
    expect(periodOf({ range: '90d', bucket: '5m' }, NOW).bucket).toBe('day');
  });
});

describe('a custom period', () => {
  it('includes its last day', () => {
    const period = periodOf({ range: 'custom', from: '2026-11-20', to: '2026-11-21' }, NOW);
    expect(period).toMatchObject({ from: '2026-11-20T00:00:00.000Z', to: '2026-11-22T00:00:00.000Z', bucket: 'hour' });
    expect(daysOf(period)).toEqual({ from: '2026-11-20', to: '2026-11-21' });
  });

  it('offers no five-minute buckets for times whose samples are deleted', () => {
    expect(periodOf({ range: 'custom', from: '2026-06-01', to: '2026-06-01' }, NOW).buckets).toEqual(['hour']);
    expect(periodOf({ range: 'custom', from: '2026-11-20', to: '2026-11-20' }, NOW).buckets).toEqual(['5m', 'hour']);
  });

  it('may have its days in either order, and covers at most 400 days', () => {
    const turned = periodOf({ range: 'custom', from: '2026-11-21', to: '2026-11-20' }, NOW);
    expect(daysOf(turned)).toEqual({ from: '2026-11-20', to: '2026-11-21' });
    const long = periodOf({ range: 'custom', from: '2020-01-01', to: '2026-11-20' }, NOW);
    expect(Date.parse(long.to) - Date.parse(long.from)).toBe(400 * 24 * 3600 * 1000);
  });

  it('is the last thirty days by default', () => {
    expect(daysOf(periodOf({ range: 'custom' }, NOW))).toEqual({ from: '2026-10-24', to: '2026-11-22' });
  });
});

it('a long period is cut to its last days', () => {
  const period = periodOf({ range: 'custom', from: '2026-01-01', to: '2026-11-22' }, NOW);
  expect(lastDays(period, 92)).toEqual({ from: '2026-08-23T00:00:00.000Z', to: '2026-11-23T00:00:00.000Z' });
  expect(lastDays(periodOf({ range: '7d' }, NOW), 92).from).toBe('2026-11-15T11:00:00.000Z');
});

it('buckets without samples have no point, and future buckets are left out', () => {
  const point = { starts_at: '2026-11-21T00:00:00.000Z', peak: 3 };
  expect(filled([point], { from: '2026-11-20T00:00:00Z', to: '2026-11-25T00:00:00Z' }, 'day', NOW)).toEqual([
    { starts_at: '2026-11-20T00:00:00.000Z', point: undefined },
    { starts_at: '2026-11-21T00:00:00.000Z', point },
    { starts_at: '2026-11-22T00:00:00.000Z', point: undefined },
  ]);
});

describe('the search parameters', () => {
  it('keep valid values, and leave out the others', () => {
    const known = { view: 'planning', license: 'id', range: 'custom', from: '2026-11-01', to: '2026-11-02' };
    const rest = { bucket: 'hour', measure: 'peak', horizon: 60, seats: 0 };
    expect(analyticsSearch({ ...known, ...rest })).toEqual({ ...known, ...rest });
    const odd = {
      view: 'x',
      license: 1,
      range: '1y',
      from: '2026-13-01',
      to: 'now',
      bucket: 'week',
      horizon: 31,
      seats: -1,
    };
    expect(analyticsSearch(odd)).toEqual({});
    expect(analyticsSearch({ seats: 1.5, measure: 'mean' })).toEqual({});
  });
});
