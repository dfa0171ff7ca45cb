import { setTimeout as sleep } from 'node:timers/promises';
import { withClient } from '@coditect/local-stack/database';

/** A license with more seats in use than it has, or with one seat in use twice. */
export interface OverIssue {
  /** How it was found: from the responses this program got, from rows that were active at one moment, or from the times
   *  in all rows. */
  shown_by: 'history' | 'active_rows' | 'intervals';
  license_id: string;
  seats_total: number;
  /** The most seats in use at once. */
  seats_in_use: number;
  /** The seat that was in use twice, if that was found. */
  seat_no?: number;
}

/** The seats that this program holds according to the responses. A seat counts from the response that grants it until
 *  its release is sent. So an over-issue found here is certain: the server held the seat at least as long. */
export class SeatHistory {
  readonly overIssues: OverIssue[] = [];
  private readonly inUse = new Map<string, Set<number>>();

  /** @param seatsTotal seats of each license */
  constructor(private readonly seatsTotal: ReadonlyMap<string, number>) {}

  granted({ licenseId, seatNo }: { licenseId: string; seatNo: number }): void {
    const seats = this.inUse.get(licenseId) ?? new Set();
    this.inUse.set(licenseId, seats);
    const twice = seats.has(seatNo);
    const total = this.seatsTotal.get(licenseId) ?? 0;
    const inUse = seats.size + 1;
    seats.add(seatNo);
    if (twice || inUse > total || seatNo > total)
      this.overIssues.push({
        shown_by: 'history',
        license_id: licenseId,
        seats_total: total,
        seats_in_use: inUse,
        ...(twice ? { seat_no: seatNo } : {}),
      });
  }

  /** Has to be called before the release is sent. */
  releasing({ licenseId, seatNo }: { licenseId: string; seatNo: number }): void {
    this.inUse.get(licenseId)?.delete(seatNo);
  }
}

/** Returns licenses that have more active rows than seats now. */
export async function overIssuedRows(systemDatabaseUrl: string, tenantIds: string[]): Promise<OverIssue[]> {
  return query(
    systemDatabaseUrl,
    `SELECT 'active_rows' AS shown_by, l.id AS license_id, l.seats_total, count(*)::int AS seats_in_use
     FROM license_sessions s JOIN licenses l ON l.tenant_id = s.tenant_id AND l.id = s.license_id
     WHERE s.tenant_id = ANY ($1::uuid[]) AND s.status = 'active'
     GROUP BY l.tenant_id, l.id HAVING count(*) > l.seats_total`,
    [tenantIds],
  );
}

/**
 * Returns licenses that had more sessions than seats at any moment, judged by the times in the rows. The start of a
 * session is a time of Redis, and its end a time of Postgres.
 * @param clockSkewMs how far the two clocks may differ; shorter overlaps are ignored
 */
export async function overIssuedIntervals(
  systemDatabaseUrl: string,
  tenantIds: string[],
  clockSkewMs: number,
): Promise<OverIssue[]> {
  return query(
    systemDatabaseUrl,
    `WITH change AS (
       SELECT tenant_id, license_id, started_at AS at, 1 AS by FROM license_sessions WHERE tenant_id = ANY ($1::uuid[])
       UNION ALL
       SELECT tenant_id, license_id, greatest(started_at, ended_at - make_interval(secs => $2::float8 / 1000)), -1
       FROM license_sessions WHERE tenant_id = ANY ($1::uuid[]) AND ended_at IS NOT NULL
     ), in_use AS (
       SELECT tenant_id, license_id,
         sum(by) OVER (PARTITION BY tenant_id, license_id ORDER BY at, by ROWS UNBOUNDED PRECEDING) AS seats
       FROM change
     )
     SELECT 'intervals' AS shown_by, l.id AS license_id, l.seats_total, max(u.seats)::int AS seats_in_use
     FROM in_use u JOIN licenses l ON l.tenant_id = u.tenant_id AND l.id = u.license_id
     GROUP BY l.tenant_id, l.id HAVING max(u.seats) > l.seats_total`,
    [tenantIds, clockSkewMs],
  );
}

const LOOK_EVERY_MS = 1000;

/** Checks every second for too many active rows, until it is stopped. */
export class RowWatch {
  looks = 0;
  private readonly found = new Map<string, OverIssue>();
  private readonly stopping = new AbortController();
  private readonly watching: Promise<void>;

  constructor(
    private readonly systemDatabaseUrl: string,
    private readonly tenantIds: string[],
  ) {
    this.watching = this.watch();
    this.watching.catch(() => {}); // `stop` throws it
  }

  /** @throws Error when the database could not be queried */
  async stop(): Promise<OverIssue[]> {
    this.stopping.abort();
    await this.watching;
    return [...this.found.values()];
  }

  private async watch(): Promise<void> {
    const { signal } = this.stopping;
    for (;;) {
      for (const found of await overIssuedRows(this.systemDatabaseUrl, this.tenantIds)) {
        const before = this.found.get(found.license_id);
        if (!before || before.seats_in_use < found.seats_in_use) this.found.set(found.license_id, found);
      }
      this.looks += 1;
      if (signal.aborted) return;
      await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => {}); // aborted: one last look
    }
  }
}

function query(systemDatabaseUrl: string, text: string, values: unknown[]): Promise<OverIssue[]> {
  return withClient(systemDatabaseUrl, async (client) => (await client.query<OverIssue>(text, values)).rows);
}
