import { Injectable, Logger } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import { Gauge } from 'prom-client';
import { Config } from '#config/config';
import { Clock } from '#platform/clock';
import { registry } from '#platform/observability/metrics';
import { OTHER } from '#platform/observability/tenant-labels';

/** Reads within this time share one query, so that several readers do not load the database. */
const SAMPLE_MS = 10_000;

const registers = [registry];
const postgresUp = new Gauge({
  name: 'postgres_up',
  help: 'Whether Postgres answered the queries for the other metrics.',
  registers,
});
const activeUsers = new Gauge({
  name: 'tenant_active_users',
  help: 'Users of a tenant who are neither disabled nor removed.',
  labelNames: ['tenant_id'] as const,
  registers,
});
const licenseSessions = new Gauge({
  name: 'tenant_license_sessions',
  help: 'License sessions of a tenant that hold a seat.',
  labelNames: ['tenant_id', 'status'] as const,
  registers,
});
const seats = new Gauge({ name: 'license_seats', help: 'Seats of all active licenses.', registers });
const seatsInUse = new Gauge({ name: 'license_seats_in_use', help: 'Seats held on all licenses.', registers });
const outbox = new Gauge({
  name: 'outbox_messages',
  help: 'Outbox messages: due ones wait for a worker, later ones for their next attempt, dead ones for an operator.',
  labelNames: ['state'] as const,
  registers,
});
const outboxAge = new Gauge({
  name: 'outbox_oldest_due_age_seconds',
  help: 'How long the oldest due outbox message has waited; 0 if none is due.',
  registers,
});

interface TenantRow {
  tenant_id: string;
  users: number;
  sessions: number;
}
interface TotalsRow {
  seats: number;
  due: number;
  later: number;
  dead: number;
  oldest_seconds: number;
}

/** Metrics read from Postgres. Every process reports the same values, so queries over processes take the maximum, not
 *  the sum. */
@Injectable()
export class StoredMetrics {
  private readonly logger = new Logger('metrics');
  private sampledAt = -Infinity;
  private sampling: Promise<void> | undefined;

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {}

  /** Reads the metrics if they are older than SAMPLE_MS. Never throws: without Postgres these metrics have no
   *  values. */
  async refresh(): Promise<void> {
    if (this.clock.now().getTime() - this.sampledAt < SAMPLE_MS) return;
    this.sampling ??= this.sample().finally(() => {
      this.sampling = undefined;
    });
    await this.sampling;
  }

  private async sample(): Promise<void> {
    try {
      const [tenants, totals] = await Promise.all([this.readTenants(), this.readTotals()]);
      this.sampledAt = this.clock.now().getTime();
      this.show(tenants, totals);
      postgresUp.set(1);
    } catch (error) {
      this.logger.warn({ msg: 'metrics cannot be sampled', err: error });
      for (const gauge of [activeUsers, licenseSessions, outbox]) gauge.reset();
      for (const gauge of [seats, seatsInUse, outboxAge]) gauge.remove();
      postgresUp.set(0);
    }
  }

  private show(tenants: TenantRow[], totals: TotalsRow): void {
    activeUsers.reset();
    licenseSessions.reset();
    for (const { tenant_id, users, sessions } of tenants) {
      activeUsers.set({ tenant_id }, users);
      licenseSessions.set({ tenant_id, status: 'active' }, sessions);
    }
    seats.set(totals.seats);
    seatsInUse.set(tenants.reduce((sum, { sessions }) => sum + sessions, 0));
    for (const state of ['due', 'later', 'dead'] as const) outbox.set({ state }, totals[state]);
    outboxAge.set(totals.oldest_seconds);
  }

  /** Returns a row for each of the busiest tenants and one for all others. Counts active sessions in their partial
   *  index, so a lapsed session counts until the sweeper has recorded it a few minutes later. */
  private async readTenants(): Promise<TenantRow[]> {
    const { rows } = await this.db.systemQuery<TenantRow>(
      `WITH held AS (
        SELECT tenant_id, count(*) AS n FROM license_sessions WHERE status = 'active' GROUP BY tenant_id
      ), people AS (
        SELECT tenant_id, count(*) AS n FROM users WHERE status = 'active' GROUP BY tenant_id
      ), ranked AS (
        SELECT t.id, coalesce(p.n, 0) AS users, coalesce(h.n, 0) AS sessions,
          row_number() OVER (ORDER BY coalesce(h.n, 0) DESC, coalesce(p.n, 0) DESC, t.id) AS place
        FROM tenants t LEFT JOIN people p ON p.tenant_id = t.id LEFT JOIN held h ON h.tenant_id = t.id
      )
      SELECT CASE WHEN place <= $1 THEN id::text ELSE $2 END AS tenant_id,
        sum(users)::float8 AS users, sum(sessions)::float8 AS sessions
      FROM ranked GROUP BY 1`,
      [this.config.observability.maxTenants, OTHER],
    );
    return rows;
  }

  private async readTotals(): Promise<TotalsRow> {
    const { rows } = await this.db.systemQuery<TotalsRow>(
      `SELECT
        (SELECT coalesce(sum(seats_total), 0)::float8 FROM licenses
          WHERE status = 'active' AND valid_from <= $1 AND (valid_until IS NULL OR valid_until > $1)) AS seats,
        count(*) FILTER (WHERE dead_at IS NULL AND available_at <= $1)::float8 AS due,
        count(*) FILTER (WHERE dead_at IS NULL AND available_at > $1)::float8 AS later,
        count(*) FILTER (WHERE dead_at IS NOT NULL)::float8 AS dead,
        greatest(0, coalesce(extract(epoch FROM $1 - min(available_at)
          FILTER (WHERE dead_at IS NULL AND available_at <= $1)), 0))::float8 AS oldest_seconds
      FROM outbox WHERE published_at IS NULL`,
      [this.clock.now()],
    );
    return rows[0]!;
  }
}
