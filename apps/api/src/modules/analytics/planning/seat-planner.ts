import { Injectable } from '@nestjs/common';
import type { Forecast, ForecastQuery, WhatIf, WhatIfQuery } from '@coditect/contracts/analytics';
import { Database } from '@coditect/db/database';
import { Clock } from '#platform/clock';
import { currentTenant } from '#platform/request-context';
import { validationFailed } from '#platform/problems/validation';
import { analyzedLicense } from '../denials/analyzed-license.js';
import { seatDenials } from '../denials/denial-reports.js';
import { daysUntil, forecastDays, MIN_DAYS } from './forecast.js';
import { type HeldSeat, medianLengthMs, replay, seatsNeeded } from './what-if.js';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Older history says nothing about the weeks to come. */
const MAX_HISTORY_DAYS = 365;
/** The number of five-minute samples in half a day. With fewer, a day's peak may be missing, so the day counts as
 *  unknown. */
const MIN_SAMPLES = 144;
const MAX_REPLAYED_SESSIONS = 200_000;

/** Calculates how many seats a license will need, and would have needed. */
@Injectable()
export class SeatPlanner {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  /** Forecasts the daily peaks of a license, and when its seats run out.
   *  @throws ProblemError license_not_found */
  async forecast({ license_id, horizon_days }: ForecastQuery): Promise<Forecast> {
    const { seatsTotal } = await analyzedLicense(this.db, license_id);
    const today = Math.floor(this.clock.now().getTime() / DAY_MS);
    const peaks = await this.dailyPeaks(license_id, today);
    const forecast = forecastDays(peaks, horizon_days);
    const days = forecast?.days ?? [];
    return {
      license_id,
      seats_total: seatsTotal,
      insufficient_data: peaks.length < MIN_DAYS,
      history_days: peaks.length,
      method: forecast?.method ?? null,
      days: days.map(({ expected, band80, band95 }, i) => ({
        date: new Date((today + i) * DAY_MS).toISOString().slice(0, 10),
        expected: rounded(expected),
        lower_80: rounded(band80.lower),
        upper_80: rounded(band80.upper),
        lower_95: rounded(band95.lower),
        upper_95: rounded(band95.upper),
      })),
      days_until_exhausted: {
        expected: daysUntil(
          seatsTotal,
          days.map(({ expected }) => expected),
        ),
        earliest: daysUntil(
          seatsTotal,
          days.map(({ band80 }) => band80.upper),
        ),
      },
    };
  }

  /** Replays a time range with another number of seats (see `replay`).
   *  @throws ProblemError license_not_found, validation_failed for a range of more than 200,000 license sessions */
  async whatIf({ license_id, seats, from, to }: WhatIfQuery): Promise<WhatIf> {
    const { seatsTotal, sessionSeconds } = await analyzedLicense(this.db, license_id);
    const [held, denials] = await Promise.all([
      this.heldSeats(license_id, new Date(from), new Date(to)),
      seatDenials(this.db, license_id, from, to),
    ]);
    const refused = denials.map(({ userId, occurredAt }) => ({ userId, at: occurredAt.getTime() }));
    const assumedMs = medianLengthMs(held) ?? sessionSeconds * 1000;
    const history = { from: Date.parse(from), held, refused, assumedMs };
    const { denialsRemaining, sessionsRefused, peak } = replay(history, seats);
    return {
      license_id,
      seats,
      seats_total: seatsTotal,
      recorded: { sessions: held.length, denials: refused.length },
      denials: denialsRemaining + sessionsRefused,
      denials_remaining: denialsRemaining,
      sessions_refused: sessionsRefused,
      peak,
      seats_needed: seatsNeeded(history),
      assumed_session_seconds: Math.round(assumedMs / 1000),
    };
  }

  /** The peaks of all days from the first known one to yesterday; null for unknown days. */
  private async dailyPeaks(licenseId: string, today: number): Promise<(number | null)[]> {
    const known = await this.db.tenant.usageDay.findMany({
      where: {
        tenantId: currentTenant(),
        licenseId,
        samples: { gte: MIN_SAMPLES },
        startsAt: { gte: new Date((today - MAX_HISTORY_DAYS) * DAY_MS), lt: new Date(today * DAY_MS) },
      },
      select: { startsAt: true, seatsInUsePeak: true },
      orderBy: { startsAt: 'asc' },
    });
    const peaks = new Map(known.map(({ startsAt, seatsInUsePeak }) => [startsAt.getTime() / DAY_MS, seatsInUsePeak]));
    const first = known[0] ? known[0].startsAt.getTime() / DAY_MS : today;
    return Array.from({ length: today - first }, (_, i) => peaks.get(first + i) ?? null);
  }

  private async heldSeats(licenseId: string, from: Date, to: Date): Promise<HeldSeat[]> {
    const sessions = await this.db.tenant.licenseSession.findMany({
      where: {
        tenantId: currentTenant(),
        licenseId,
        startedAt: { lt: to },
        OR: [{ endedAt: { gt: from } }, { endedAt: null, leaseExpiresAt: { gt: from } }],
      },
      select: { userId: true, startedAt: true, endedAt: true, leaseExpiresAt: true },
      take: MAX_REPLAYED_SESSIONS + 1,
    });
    if (sessions.length > MAX_REPLAYED_SESSIONS) {
      const message = `the range has more than ${MAX_REPLAYED_SESSIONS} license sessions: take a shorter one`;
      throw validationFailed([{ path: 'to', message, code: 'too_big' }]);
    }
    return sessions.map(({ userId, startedAt, endedAt, leaseExpiresAt }) => ({
      userId,
      start: startedAt.getTime(),
      end: (endedAt ?? leaseExpiresAt).getTime(),
    }));
  }
}

/** Rounds to a hundredth of a seat. */
function rounded(seats: number): number {
  return Math.round(seats * 100) / 100;
}
