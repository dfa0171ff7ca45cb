import { randomBytes, randomUUID } from 'node:crypto';
import { formatSessionToken, hashOf, newTokenSalt } from '@coditect/api/modules/licenses/sessions/session-token';
import { withClient } from '@coditect/local-stack/database';
import { hash } from '@node-rs/argon2';
import { API, JSON_HEADERS, type Seat, seatOf } from './seat.js';

/** A tenant of the benchmark: one user, a license with enough seats for all, and one with too few. */
export interface Tenant {
  id: string;
  roomyLicense: string;
  scarceLicense: string;
  /** Headers of a request as its user, with a JSON body. */
  headers: string[];
}

export interface Stage {
  tenants: Tenant[];
  /** License sessions that were inserted into the database. Those of one tenant are far apart. */
  seats: Seat[];
  /** Seats of each license. */
  seatsTotal: Map<string, number>;
}

export const ROOMY_PRODUCT = 'bench-roomy';
export const SCARCE_PRODUCT = 'bench-scarce';
/** Never used up, because granting is what is measured. */
const ROOMY_SEATS = 1_000_000;
const SCARCE_SEATS = 3;
// Longer than any run, so that no lease lapses during it.
const LEASE_SECONDS = 3600;
/** The parameters of the API (OWASP Password Storage Cheat Sheet). */
const ARGON2ID = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const ROWS_A_STATEMENT = 10_000;

interface Server {
  url: string;
  systemDatabaseUrl: string;
}

/** Creates tenants in the database, because no route does, and signs their users in over HTTP. License sessions are
 *  inserted as rows, because acquiring them would cost a signature each. Fewer sessions would flatter the heartbeats,
 *  which are written once per session, not once per heartbeat. Their tokens have the form of the API's, under another
 *  key. */
export async function makeTenants(server: Server, counts: { tenants: number; sessions: number }): Promise<Stage> {
  const run = randomBytes(4).toString('hex');
  const password = randomBytes(24).toString('base64url');
  const rows = Array.from({ length: counts.tenants }, (_, i) => ({
    id: randomUUID(),
    slug: `bench-${run}-${i}`,
    user_id: randomUUID(),
    roomy_id: randomUUID(),
    scarce_id: randomUUID(),
  }));
  const sessions = sessionRows(rows, counts.sessions);
  await insertTenants(server.systemDatabaseUrl, rows, await hash(password, ARGON2ID));
  await insertSessions(server.systemDatabaseUrl, sessions);

  const tenants: Tenant[] = [];
  for (const row of rows) {
    const accessToken = await signIn(server.url, { email: emailOf(row.slug), password, tenant: row.slug });
    const headers = [...JSON_HEADERS, 'authorization', `Bearer ${accessToken}`];
    tenants.push({ id: row.id, roomyLicense: row.roomy_id, scarceLicense: row.scarce_id, headers });
  }
  return {
    tenants,
    seats: sessions.map((session) => seatOf(session.license_id, session.seat_no, session.token)),
    seatsTotal: new Map(
      tenants.flatMap((t) => [
        [t.roomyLicense, ROOMY_SEATS],
        [t.scarceLicense, SCARCE_SEATS],
      ]),
    ),
  };
}

/** Closes the tenants on a given server, so that no user can sign in to them again. Their audit entries prevent
 *  deleting them. */
export async function closeTenants(systemDatabaseUrl: string, ids: string[]): Promise<void> {
  await withClient(systemDatabaseUrl, async (client) => {
    await client.query(`UPDATE tenants SET status = 'closed' WHERE id = ANY ($1::uuid[])`, [ids]);
    await client.query(`UPDATE users SET status = 'disabled' WHERE tenant_id = ANY ($1::uuid[])`, [ids]);
  });
}

const emailOf = (slug: string) => `user@${slug}.test`;

interface TenantRow {
  id: string;
  slug: string;
  user_id: string;
  roomy_id: string;
  scarce_id: string;
}

function sessionRows(tenants: TenantRow[], count: number) {
  const key = randomBytes(32);
  return Array.from({ length: count }, (_, i) => {
    const tenant = tenants[i % tenants.length]!;
    const id = randomUUID();
    const salt = newTokenSalt();
    return {
      tenant_id: tenant.id,
      id,
      license_id: tenant.roomy_id,
      user_id: tenant.user_id,
      machine_id: randomUUID(),
      seat_no: Math.floor(i / tenants.length) + 1,
      token: formatSessionToken(key, { tenantId: tenant.id, licenseId: tenant.roomy_id }, id, salt),
      salt: salt.toString('hex'),
      hash: hashOf(key, id, salt).toString('hex'),
    };
  });
}

async function insertTenants(systemDatabaseUrl: string, tenants: TenantRow[], passwordHash: string): Promise<void> {
  const rows = JSON.stringify(tenants.map((tenant) => ({ ...tenant, email: emailOf(tenant.slug) })));
  const from = `FROM jsonb_to_recordset($1) AS t(id uuid, slug text, email text, user_id uuid, roomy_id uuid, scarce_id uuid)`;
  await withClient(systemDatabaseUrl, async (client) => {
    await client.query(`INSERT INTO tenants (id, slug, name, plan_tier) SELECT id, slug, slug, 'enterprise' ${from}`, [
      rows,
    ]);
    await client.query(
      `INSERT INTO users (tenant_id, id, email, name, role, password_hash)
       SELECT id, user_id, email, 'Benchmark', 'member', $2 ${from}`,
      [rows, passwordHash],
    );
    await client.query(
      `INSERT INTO licenses (tenant_id, id, key, product, plan_tier, seats_total, features, lease_seconds)
       SELECT t.id, l.id, 'BENCH-' || l.id, l.product, 'enterprise', l.seats, ARRAY['editor', 'agents'], $2
       ${from}, LATERAL (VALUES (t.roomy_id, $3, $4::int), (t.scarce_id, $5, $6::int)) AS l(id, product, seats)`,
      [rows, LEASE_SECONDS, ROOMY_PRODUCT, ROOMY_SEATS, SCARCE_PRODUCT, SCARCE_SEATS],
    );
  });
}

async function insertSessions(systemDatabaseUrl: string, sessions: ReturnType<typeof sessionRows>): Promise<void> {
  await withClient(systemDatabaseUrl, async (client) => {
    for (let i = 0; i < sessions.length; i += ROWS_A_STATEMENT) {
      const rows = JSON.stringify(sessions.slice(i, i + ROWS_A_STATEMENT));
      await client.query(
        `INSERT INTO machines (tenant_id, id, machine_id)
         SELECT tenant_id, gen_random_uuid(), machine_id FROM jsonb_to_recordset($1) AS s(tenant_id uuid, machine_id text)`,
        [rows],
      );
      await client.query(
        `INSERT INTO license_sessions (tenant_id, id, license_id, user_id, machine_id, seat_no, started_at,
           last_heartbeat_at, lease_expires_at, expires_at, token_salt, token_hash)
         SELECT s.tenant_id, s.id, s.license_id, s.user_id, s.machine_id, s.seat_no, now(), now(),
           now() + make_interval(secs => l.lease_seconds), now() + make_interval(secs => l.session_seconds),
           decode(s.salt, 'hex'), decode(s.hash, 'hex')
         FROM jsonb_to_recordset($1) AS s(tenant_id uuid, id uuid, license_id uuid, user_id uuid, machine_id text,
           seat_no int, salt text, hash text)
         JOIN licenses l ON l.tenant_id = s.tenant_id AND l.id = s.license_id`,
        [rows],
      );
    }
  });
}

async function signIn(url: string, login: { email: string; password: string; tenant: string }): Promise<string> {
  const response = await fetch(`${url}${API}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(login),
  });
  if (!response.ok) throw new Error(`a tenant could not sign in: ${response.status} ${await response.text()}`);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the answer of our own API
  const { access_token: accessToken } = (await response.json()) as { access_token: string };
  return accessToken;
}
