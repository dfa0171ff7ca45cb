/** Length of a season in days: a week. */
export const SEASON = 7;

interface Parameters {
  /** Smoothing of the level. */
  alpha: number;
  /** Smoothing of the trend. */
  beta: number;
  /** Smoothing of the season. */
  gamma: number;
  /** Damping of the trend. */
  phi: number;
}

const ALPHAS = [0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75];
const BETAS = [0, 0.01, 0.05, 0.1, 0.3];
const GAMMAS = [0, 0.05, 0.1, 0.2, 0.4];
const PHIS = [0.9, 0.95, 0.98, 0.995];

/** A fitted model. Returns the forecast for the next `steps` values, made from the first `origin` values. */
export type HoltWinters = (origin: number, steps: number) => number[];

interface State {
  level: number;
  trend: number;
  /** The seasonal part for each day of the season. The first value of the series is of day 0. */
  season: number[];
}

/**
 * Additive Holt-Winters with a damped trend and a season of seven days (Hyndman and Athanasopoulos, Forecasting:
 * Principles and Practice, 3rd edition, sections 8.2 and 8.3). Level, trend and season start from the first two
 * seasons. The parameters are the ones of a grid with the least squared one-step error after these.
 * @throws Error for fewer than two seasons
 */
export function fitHoltWinters(series: readonly number[]): HoltWinters {
  if (series.length < 2 * SEASON) throw new Error('Holt-Winters needs two seasons');
  let best = { parameters: { alpha: 0, beta: 0, gamma: 0, phi: 0 }, error: Infinity };
  for (const alpha of ALPHAS)
    for (const beta of BETAS)
      for (const gamma of GAMMAS)
        for (const phi of PHIS) {
          const parameters = { alpha, beta, gamma, phi };
          const error = squaredError(series, parameters);
          if (error < best.error) best = { parameters, error };
        }
  const { parameters } = best;
  const states = [initialState(series)];
  for (const [i, value] of series.entries()) states.push(next(states[i]!, i, value, parameters));
  return (origin, steps) => ahead(states[origin]!, origin, steps, parameters.phi);
}

/** The sum of squared one-step errors after the first two seasons. */
function squaredError(series: readonly number[], parameters: Parameters): number {
  const { alpha, beta, gamma, phi } = parameters;
  const { season, ...start } = initialState(series);
  let { level, trend } = start;
  let error = 0;
  for (let i = 0; i < series.length; i++) {
    const before = level + phi * trend;
    const miss = series[i]! - before - season[i % SEASON]!;
    if (i >= 2 * SEASON) error += miss * miss;
    level = before + alpha * miss;
    trend = phi * trend + alpha * beta * miss;
    season[i % SEASON]! += gamma * (1 - alpha) * miss;
  }
  return error;
}

/** The next state, in the error-correction form: each part moves by its share of the forecast error. */
function next({ level, trend, season }: State, i: number, value: number, parameters: Parameters): State {
  const { alpha, beta, gamma, phi } = parameters;
  const before = level + phi * trend;
  const miss = value - before - season[i % SEASON]!;
  return {
    level: before + alpha * miss,
    trend: phi * trend + alpha * beta * miss,
    season: season.with(i % SEASON, season[i % SEASON]! + gamma * (1 - alpha) * miss),
  };
}

/** The forecast for the next `steps` values from a state. */
function ahead({ level, trend, season }: State, origin: number, steps: number, phi: number): number[] {
  let damped = 0;
  return Array.from({ length: steps }, (_, i) => {
    damped += phi ** (i + 1);
    return level + damped * trend + season[(origin + i) % SEASON]!;
  });
}

/** The initial state from the first two seasons: the rise per day, the level before the first day, and the distance of
 *  each weekday from that line. */
function initialState(series: readonly number[]): State {
  const first = mean(series.slice(0, SEASON));
  const second = mean(series.slice(SEASON, 2 * SEASON));
  const trend = (second - first) / SEASON;
  const level = first - (trend * (SEASON + 1)) / 2;
  const season = Array.from({ length: SEASON }, (_, day) =>
    mean([day, day + SEASON].map((i) => series[i]! - level - trend * (i + 1))),
  );
  return { level, trend, season };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
