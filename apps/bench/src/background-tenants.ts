import { withClient } from '@coditect/local-stack/database';
import type { Server } from './server.js';

const LEASE_SECONDS = 3600;
/** Share of the sessions at each size. */
const LAPSED_SHARE = 0.05;
const TENANTS_A_STATEMENT = 20;
const SAMPLE_MS = 5 * 60_000;
const SETTLING_MS = 60_000;

/** Tenants with one license each, all of whose seats are held. Inserted as rows, without the API. */
export class BackgroundTenants {
  private tenants = 0;
  private sizes = 0;

  constructor(
    private readonly server: Server,
    private readonly sessions: number,
  ) {}

  /** Adds tenants up to a number. Some sessions of each lapse without being recorded; returns how many. */
  async grow(upTo: number): Promise<number> {
    while (this.tenants < upTo) {
      const more = Math.min(TENANTS_A_STATEMENT, upTo - this.tenants);
      await this.query(INSERT_TENANTS, [this.tenants + 1, this.tenants + more, this.sessions, LEASE_SECONDS]);
      this.tenants += more;
    }
    await this.makeOneSampleDue();
    const lapsed = await this.letLapse();
    // On a server in normal use, autovacuum has done this already.
    await withClient(this.server.own!.ownerDatabaseUrl, (owner) =>
      owner.query('VACUUM (ANALYZE) tenants, licenses, machines, license_sessions'),
    );
    this.sizes += 1;
    return lapsed;
  }

  async liveSessions(): Promise<number> {
    const [row] = await this.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM license_sessions WHERE status = 'active'`,
    );
    return row!.n;
  }

  /** Leases end long enough ago that a rebuilt ledger extends none of them. */
  private async letLapse(): Promise<number> {
    const share = Math.ceil(this.sessions * LAPSED_SHARE);
    const rows = await this.query(
      `UPDATE license_sessions SET lease_expires_at = now() - interval '3 hours', last_heartbeat_at = now() - interval '4 hours'
       WHERE status = 'active' AND seat_no > $1 AND seat_no <= $2 RETURNING 1`,
      [this.sizes * share, (this.sizes + 1) * share],
    );
    return rows.length;
  }

  /** Makes the last settled sample of five minutes due, for every license. */
  private async makeOneSampleDue(): Promise<void> {
    const end = Math.floor((Date.now() - SETTLING_MS) / SAMPLE_MS) * SAMPLE_MS;
    for (const table of ['usage_samples', 'usage_hours', 'usage_days']) await this.query(`DELETE FROM ${table}`);
    await this.query('UPDATE licenses SET created_at = $1, valid_from = $1', [new Date(end - SAMPLE_MS)]);
  }

  private async query<Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> {
    return withClient(this.server.systemDatabaseUrl, async (client) => (await client.query<Row>(text, values)).rows);
  }
}

const INSERT_TENANTS = `
  WITH tenant AS (
    INSERT INTO tenants (id, slug, name, plan_tier)
    SELECT gen_random_uuid(), 'bench-' || n, 'bench-' || n, 'enterprise' FROM generate_series($1::int, $2::int) AS n
    RETURNING id
  ), holder AS (
    INSERT INTO users (tenant_id, id, email, name, role)
    SELECT id, gen_random_uuid(), 'user@' || id || '.test', 'Benchmark', 'member' FROM tenant RETURNING tenant_id, id
  ), license AS (
    INSERT INTO licenses (tenant_id, id, key, product, plan_tier, seats_total, features, lease_seconds)
    SELECT id, gen_random_uuid(), 'BENCH-' || id, 'coditect', 'enterprise', $3::int, ARRAY['editor'], $4::int FROM tenant
    RETURNING tenant_id, id
  ), machine AS (
    INSERT INTO machines (tenant_id, id, machine_id)
    SELECT id, gen_random_uuid(), 'machine-' || n FROM tenant, generate_series(1, $3::int) AS n
    RETURNING tenant_id, machine_id
  )
  INSERT INTO license_sessions (tenant_id, id, license_id, user_id, machine_id, seat_no, started_at, last_heartbeat_at,
    lease_expires_at, expires_at, token_salt, token_hash)
  SELECT l.tenant_id, gen_random_uuid(), l.id, u.id, m.machine_id, substr(m.machine_id, 9)::int, now() - interval '5 hours',
    now(), now() + make_interval(secs => $4::int), now() + interval '1 day', sha256(uuid_send(l.id)),
    sha256(uuid_send(l.id) || m.machine_id::bytea)
  FROM license l JOIN holder u ON u.tenant_id = l.tenant_id JOIN machine m ON m.tenant_id = l.tenant_id`;
