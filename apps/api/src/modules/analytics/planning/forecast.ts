import { fitHoltWinters, SEASON } from './holt-winters.js';

/** A forecast needs at least this many days. */
export const MIN_DAYS = 2 * SEASON;
/** Trend and season are fitted from this many days on. With fewer, last week is repeated with its drift. */
const MIN_FITTED_DAYS = 3 * SEASON;
/** A band at some distance needs this many errors at that distance: with fewer, the 95 % quantile is beyond the
 *  largest. */
const MIN_ERRORS = 20;

/** A range of seats. */
export interface Band {
  lower: number;
  upper: number;
}
/** The forecast of one day, in seats. */
export interface ForecastDay {
  expected: number;
  band80: Band;
  band95: Band;
}
/** A forecast, one entry per day, beginning with the day after the series. */
export interface SeriesForecast {
  method: 'damped_holt_winters' | 'seasonal_naive_drift';
  days: ForecastDay[];
}

/** A method that can forecast from any day of a series, so that its past errors can be measured. */
interface Model {
  method: SeriesForecast['method'];
  /** The forecast for `steps` days, made when the first `origin` days were known. */
  from: (origin: number, steps: number) => number[];
  /** The first origin to measure errors from: the model's initial values are made of the days before. */
  firstOrigin: number;
}

/**
 * Forecasts the next days of a daily series, with bands that contain 80 % and 95 % of the errors that the same method
 * made in the past at the same distance (split conformal: the ⌈(n + 1)p⌉-th smallest absolute error, Vovk et al. 2005).
 * At distances with fewer than 20 such errors, the band of the last distance that has enough grows by √h. A band never
 * narrows with distance, and no value is below 0.
 * @param values one per day, oldest first; null if unknown
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

/** Returns the number of whole days until a value reaches the limit; null if none does within the horizon. */
export function daysUntil(limit: number, values: readonly number[]): number | null {
  const day = values.findIndex((value) => value >= limit);
  return day === -1 ? null : day;
}

function dampedHoltWinters(series: readonly number[]): Model {
  return { method: 'damped_holt_winters', from: fitHoltWinters(series), firstOrigin: 2 * SEASON };
}

/** Repeats the values of a week before, plus the rise between the last two whole weeks for each week ahead. */
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

/** The half widths of the 80 % and 95 % bands, by distance. */
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

/** Fills a day without samples with the value of the same weekday a week before, or else of the day before. */
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
