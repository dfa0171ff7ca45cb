import { describe, expect, it } from 'vitest';
import { daysUntil, forecastDays } from './forecast.js';

const HORIZON = 28;

/** Mulberry32: the same numbers in every run, evenly spread over [0, 1). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function gaussian(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

const WEEK = [6, 8, 9, 8, 4, -16, -19];
interface Synthetic {
  level: number;
  perDay: number;
  noise: number;
}
/** Daily peaks of a team that works on weekdays and grows, with noise. */
function dailyPeaks(seed: number, days: number, { level, perDay, noise }: Synthetic): number[] {
  const random = seeded(seed);
  return Array.from({ length: days }, (_, day) =>
    Math.max(0, level + perDay * day + WEEK[day % 7]! + noise * gaussian(random)),
  );
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const mae = (forecast: readonly number[], actual: readonly number[]) =>
  mean(actual.map((value, i) => Math.abs(value - forecast[i]!)));
const growing = { level: 40, perDay: 0.2, noise: 3 };
const days = (seed: number, history: number, shape = growing) => {
  const all = dailyPeaks(seed, history + HORIZON, shape);
  return { known: all.slice(0, history), actual: all.slice(history) };
};

describe('given months of a weekly pattern with a trend and noise', () => {
  const shapes = { growing, steady: { ...growing, perDay: 0 }, shrinking: { level: 80, perDay: -0.15, noise: 3 } };
  const seeds = Array.from({ length: 20 }, (_, i) => i + 1);

  it.each(Object.entries(shapes))('then the forecast of a %s team beats both naive ones', (name, shape) => {
    const errors = seeds.map((seed) => {
      const { known, actual } = days(seed, 140 + (seed % 7), shape); // forecasts are made on every weekday
      const forecast = forecastDays(known, HORIZON)!;
      expect(forecast.method).toBe('damped_holt_winters');
      return {
        ours: mae(
          forecast.days.map(({ expected }) => expected),
          actual,
        ),
        naive: mae(Array<number>(HORIZON).fill(known.at(-1)!), actual),
        seasonalNaive: mae(
          actual.map((_, i) => known[known.length - 7 + (i % 7)]!),
          actual,
        ),
      };
    });
    const ours = mean(errors.map((error) => error.ours));
    const naive = mean(errors.map((error) => error.naive));
    const seasonalNaive = mean(errors.map((error) => error.seasonalNaive));
    console.log(
      `MAE over ${HORIZON} days, ${seeds.length} ${name} series: Holt-Winters ${ours.toFixed(2)}, ` +
        `naive ${naive.toFixed(2)}, seasonal naive ${seasonalNaive.toFixed(2)} (noise alone ${(3 * Math.sqrt(2 / Math.PI)).toFixed(2)})`,
    );
    expect(ours).toBeLessThan(naive);
    expect(ours).toBeLessThan(seasonalNaive);
  });

  it('then the bands contain about 80 and 95 of a hundred future days', () => {
    const inside = { band80: 0, band95: 0 };
    const runs = 60;
    for (let seed = 101; seed < 101 + runs; seed++) {
      const { known, actual } = days(seed, 180);
      forecastDays(known, HORIZON)!.days.forEach((day, i) => {
        for (const band of ['band80', 'band95'] as const)
          if (actual[i]! >= day[band].lower && actual[i]! <= day[band].upper) inside[band] += 1;
      });
    }
    const [share80, share95] = [inside.band80, inside.band95].map((count) => count / (runs * HORIZON));
    console.log(`held by the bands: 80 %: ${(share80! * 100).toFixed(1)} %, 95 %: ${(share95! * 100).toFixed(1)} %`);
    expect(share80).toBeGreaterThan(0.75);
    expect(share80).toBeLessThan(0.92);
    expect(share95).toBeGreaterThan(0.92);
  });
});

describe('given a series without noise', () => {
  it('then the weekly pattern repeats and the trend continues', () => {
    const { known, actual } = days(1, 84, { level: 40, perDay: 0.2, noise: 0 });
    const forecast = forecastDays(known, HORIZON)!;
    expect(
      mae(
        forecast.days.slice(0, 7).map(({ expected }) => expected),
        actual.slice(0, 7),
      ),
    ).toBeLessThan(0.5);
    expect(
      mae(
        forecast.days.map(({ expected }) => expected),
        actual,
      ),
    ).toBeLessThan(1.5);
  });

  it('then a constant series gives a constant forecast with bands of no width', () => {
    for (const day of forecastDays(Array<number>(60).fill(5), 90)!.days) {
      expect(day.expected).toBeCloseTo(5);
      expect(day.band95.upper - day.band95.lower).toBeCloseTo(0);
    }
  });
});

describe('given a short history', () => {
  it('of fewer than 14 days, then there is no forecast', () => {
    expect(forecastDays([], 7)).toBeUndefined();
    expect(forecastDays(Array<null>(40).fill(null), 7)).toBeUndefined();
    expect(forecastDays(days(1, 13).known, 7)).toBeUndefined();
    expect(forecastDays([null, null, ...days(1, 13).known], 7)).toBeUndefined();
  });

  it('of 14 to 20 days, then last week repeats, with the rise of the last week', () => {
    const week = [10, 11, 12, 13, 14, 2, 1];
    const forecast = forecastDays([...week, ...week.map((value) => value + 3)], 14)!;
    expect(forecast.method).toBe('seasonal_naive_drift');
    expect(forecast.days.map(({ expected }) => expected)).toEqual([
      ...week.map((v) => v + 6),
      ...week.map((v) => v + 9),
    ]);
    expect(forecastDays(days(1, 20).known, 7)!.method).toBe('seasonal_naive_drift');
    expect(forecastDays(days(1, 21).known, 7)!.method).toBe('damped_holt_winters');
  });
});

describe('a forecast', () => {
  it('has bands around its value, the 80 % band within the 95 % band, never narrowing, and nothing below zero', () => {
    for (const history of [14, 20, 21, 40, 200]) {
      const forecast = forecastDays(days(history, history, { level: 15, perDay: -0.1, noise: 4 }).known, 90)!;
      expect(forecast.days).toHaveLength(90);
      let width = 0;
      for (const { expected, band80, band95 } of forecast.days) {
        expect(band95.lower).toBeGreaterThanOrEqual(0);
        expect(band80.lower).toBeGreaterThanOrEqual(band95.lower);
        expect(expected).toBeGreaterThanOrEqual(band80.lower);
        expect(band80.upper).toBeGreaterThanOrEqual(expected);
        expect(band95.upper).toBeGreaterThanOrEqual(band80.upper);
        expect(band95.upper - expected).toBeGreaterThanOrEqual(width - 1e-9);
        width = band95.upper - expected;
      }
    }
  });

  it('fills an unknown day with the same weekday of the week before', () => {
    const { known } = days(3, 70);
    const gaps = known.map((value, day) => (day === 50 || day === 64 ? null : value));
    const filled = known.map((value, day) => (day === 50 ? known[43]! : day === 64 ? known[57]! : value));
    expect(forecastDays(gaps, 14)).toEqual(forecastDays(filled, 14));
  });
});

describe('the days until seats are exhausted', () => {
  it('end on the first day whose peak takes the last seat', () => {
    expect(daysUntil(10, [7, 9.9, 10, 4])).toBe(2);
    expect(daysUntil(10, [12])).toBe(0);
    expect(daysUntil(10, [7, 9.99])).toBeNull();
  });
});
