import { fitHoltWinters, SEASON } from './holt-winters.js';

/** Fewer days than this are no basis for a forecast. */
export const MIN_DAYS = 2 * SEASON;
/** From so many days on, trend and season are fitted; before, last week is repeated with its drift. */
const MIN_FITTED_DAYS = 3 * SEASON;
/** A band of a horizon needs so many errors of that horizon: as many as make the 95 % quantile one of them. */
const MIN_ERRORS = 20;

export interface Band {
  lower: number;
  upper: number;
}
export interface ForecastDay {
  expected: number;
  band80: Band;
  band95: Band;
}
export interface SeriesForecast {
  method: 'damped_holt_winters' | 'seasonal_naive_drift';
  days: ForecastDay[];
}

/** What a method says, or would have said, at any day of a series. */
interface Model {
  method: SeriesForecast['method'];
  /** The forecast for `steps` days, made when the first `origin` days were known. */
  from: (origin: number, steps: number) => number[];
  /** The first origin whose forecasts are not made of the model's own beginnings. */
  firstOrigin: number;
}

/**
 * The next days of a daily series, with bands that hold 80 % and 95 % of the errors the same method made in the past at
 * the same distance (split conformal: the ⌈(n + 1)p⌉-th smallest absolute error, Vovk et al. 2005). Where there are fewer
 * than 20 such errors, the band of the last distance that has them grows by √h. A band never narrows with distance, and
 * nothing is below 0.
 * @param values one a day, oldest first; null where unknown
 * @returns undefined for fewer than 14 days
 */
export function forecastDays(values: readonly (number | null)[], horizonDays: number): SeriesForecast | undefined {
  const series = withoutGaps(values);
  if (series.length < MIN_DAYS) return undefined;
  const model = series.length < MIN_FITTED_DAYS ? seasonalNaiveWithDrift(series) : dampedHoltWinters(series);
  const bands = errorBands(series, model, horizonDays);
  const days = model.from(series.length, horizonDays).map((value, i) => {
    const expected = Math.max(0, value);
    const { width80, width95 } = bands[i]!;
    return { expected, band80: around(expected, width80), band95: around(expected, width95) };
  });
  return { method: model.method, days };
}

/** Whole days from now until the value reaches the limit; null if it does not within the horizon. */
export function daysUntil(limit: number, values: readonly number[]): number | null {
  const day = values.findIndex((value) => value >= limit);
  return day === -1 ? null : day;
}

function dampedHoltWinters(series: readonly number[]): Model {
  return { method: 'damped_holt_winters', from: fitHoltWinters(series), firstOrigin: 2 * SEASON };
}

/** The value of a week before, plus what the last whole weeks rose by in a week. */
function seasonalNaiveWithDrift(series: readonly number[]): Model {
  return {
    method: 'seasonal_naive_drift',
    firstOrigin: SEASON,
    from: (origin, steps) => {
      const known = series.slice(0, origin);
      const drift = origin < 2 * SEASON ? 0 : mean(known.slice(-SEASON)) - mean(known.slice(-2 * SEASON, -SEASON));
      return Array.from({ length: steps }, (_, i) => {
        const weeks = Math.floor(i / SEASON) + 1;
        return known[origin - SEASON + (i % SEASON)]! + drift * weeks;
      });
    },
  };
}

function errorBands(series: readonly number[], model: Model, horizonDays: number) {
  const errors: number[][] = Array.from({ length: horizonDays }, () => []);
  for (let origin = model.firstOrigin; origin < series.length; origin++) {
    const made = model.from(origin, Math.min(horizonDays, series.length - origin));
    made.forEach((value, i) => errors[i]!.push(Math.abs(series[origin + i]! - Math.max(0, value))));
  }
  const known = errors.findLastIndex((ofDistance) => ofDistance.length >= MIN_ERRORS);
  const base = Math.max(0, known);
  let width80 = 0;
  let width95 = 0;
  return errors.map((ofDistance, i) => {
    const growth = i > base ? Math.sqrt((i + 1) / (base + 1)) : 1;
    const sorted = (i > base ? errors[base]! : ofDistance).toSorted((a, b) => a - b);
    width80 = Math.max(width80, growth * conformalQuantile(sorted, 0.8));
    width95 = Math.max(width95, growth * conformalQuantile(sorted, 0.95));
    return { width80, width95 };
  });
}

function conformalQuantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length, Math.ceil((sorted.length + 1) * share)) - 1] ?? 0;
}

function around(value: number, width: number): Band {
  return { lower: Math.max(0, value - width), upper: value + width };
}

/** A day that nobody sampled was like the same day a week before, or like the day before it. */
function withoutGaps(values: readonly (number | null)[]): number[] {
  const first = values.findIndex((value) => value !== null);
  const filled: number[] = [];
  for (const value of first === -1 ? [] : values.slice(first))
    filled.push(value ?? filled.at(-SEASON) ?? filled.at(-1)!);
  return filled;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
