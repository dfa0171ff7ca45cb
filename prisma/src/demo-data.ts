import { randomBytes, randomUUID } from 'node:crypto';
import type { Tx } from '@coditect/db/database';
import type { License } from '@coditect/db/generated/prisma/client';
import { type DemoHistory, demoHistory, HISTORY_DAYS } from './demo-history.js';
import { demoInvitations, demoPeople, demoProjects } from './demo-people.js';
import { type DemoUsage, SAMPLE_MS, usageOf } from './demo-usage.js';

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;
/** Enough for a month by weekday and hour. The product keeps 35 days, but more would slow down the first start. */
const SAMPLED_DAYS = 31;
/** A sample is taken one minute after its five minutes have ended. */
const SETTLING_MS = 60_000;

/** The size and activity of one demo tenant. */
export interface DemoTeam {
  domain: string;
  /** Users besides those who sign in. */
  colleagues: number;
  busy: number;
  /** How many projects and open invitations. */
  projects: number;
  invitations: number;
  seed: number;
}

/** Adds colleagues, projects, invitations, and ninety days of license sessions, denials and usage samples. The past ends at
 *  `now`, in ms. The tenant must already have its owner. */
export async function seedPast(tx: Tx, license: License, team: DemoTeam, now = Date.now()): Promise<void> {
  const { tenantId } = license;
  await tx.user.createMany({
    data: demoPeople.slice(0, team.colleagues).map((name, i) => ({
      tenantId,
      name,
      email: `${name.toLowerCase().replace(' ', '.')}@${team.domain}`,
      emailVerifiedAt: new Date(now - HISTORY_DAYS * DAY_MS),
      lastLoginAt: new Date(now - (1 + i) * 5 * HOUR_MS),
    })),
    skipDuplicates: true,
  });
  // Viewers take no seats.
  const users = await tx.user.findMany({ where: { tenantId, role: { not: 'viewer' } }, orderBy: { email: 'asc' } });
  const inviter = users.find(({ role }) => role === 'owner') ?? users[0]!;
  await tx.project.createMany({
    data: demoProjects.slice(-team.projects).map((project, i) => {
      const { name, description } = project;
      const ownerId = users[(i * 5) % users.length]!.id;
      const archived = 'archived' in project && {
        status: 'archived' as const,
        archivedAt: new Date(now - 20 * DAY_MS),
      };
      return { tenantId, ownerId, name, description, createdAt: new Date(now - (80 - 6 * i) * DAY_MS), ...archived };
    }),
  });
  await tx.invitation.createMany({
    data: demoInvitations.slice(0, team.invitations).map(({ name, role }) => ({
      tenantId,
      role,
      email: `${name}@${team.domain}`,
      invitedBy: inviter.id,
      tokenHash: randomBytes(32),
      expiresAt: new Date(now + 6 * DAY_MS),
    })),
  });
  const people = users.map(({ id }) => ({ userId: id, machineId: randomUUID() }));
  await tx.machine.createMany({ data: people.map(({ machineId }) => ({ tenantId, machineId })) });
  const history = demoHistory({ ...team, people: people.length, seats: license.seatsTotal }, now, team.seed);
  await writeSessions(tx, license, history, people);
  await writeDenials(tx, license, history, people);
  await writeUsage(tx, license, history, now);
}

type People = { userId: string; machineId: string }[];

async function writeSessions(tx: Tx, license: License, { sessions }: DemoHistory, people: People): Promise<void> {
  const rows = sessions.map(({ person, seatNo, start, end, expired }) => ({
    ...people[person],
    seatNo,
    start: new Date(start),
    end: new Date(end),
    expired,
  }));
  await tx.$executeRaw`
    INSERT INTO license_sessions (tenant_id, id, license_id, user_id, machine_id, seat_no, status, started_at,
      last_heartbeat_at, lease_expires_at, expires_at, ended_at, end_reason, token_salt, token_hash)
    SELECT ${license.tenantId}::uuid, gen_random_uuid(), ${license.id}::uuid, "userId", "machineId", "seatNo",
      (CASE WHEN expired THEN 'expired' ELSE 'released' END)::license_session_status, start, greatest(start, "end" - lease),
      "end", "end", "end", CASE WHEN expired THEN 'lease_expired' ELSE 'released' END, uuid_send(gen_random_uuid()),
      sha256(uuid_send(gen_random_uuid()))
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS s("userId" uuid, "machineId" text, "seatNo" int,
      start timestamptz, "end" timestamptz, expired boolean),
      make_interval(secs => ${license.leaseSeconds}) AS lease`;
}

/** Their events count as recorded, because events of the past must not be sent. */
async function writeDenials(tx: Tx, license: License, { denials }: DemoHistory, people: People): Promise<void> {
  const { tenantId, id: licenseId, product, features } = license;
  await tx.denial.createMany({
    data: denials.map(({ person, at, reason }) => ({
      tenantId,
      licenseId,
      product,
      reason,
      ...people[person]!,
      features: reason === 'entitlement_missing' ? ['sso'] : features.slice(0, 1),
      occurredAt: new Date(at),
      eventRecordedAt: new Date(at),
    })),
  });
}

async function writeUsage(tx: Tx, license: License, history: DemoHistory, now: number): Promise<void> {
  const to = Math.floor((now - SETTLING_MS) / SAMPLE_MS) * SAMPLE_MS;
  const daysAgo = (days: number) => (Math.floor(to / DAY_MS) - days) * DAY_MS;
  const { tenantId, id, seatsTotal } = license;
  const json = (rows: DemoUsage[]) => JSON.stringify(rows);
  const samples = usageOf(history, { from: daysAgo(SAMPLED_DAYS), to, bucketMs: SAMPLE_MS });
  await tx.$executeRaw`
    INSERT INTO usage_samples (tenant_id, id, license_id, sampled_at, seats_total, seats_in_use_peak, seats_in_use_mean,
      acquires, denials, unique_users, unique_machines)
    SELECT ${tenantId}::uuid, gen_random_uuid(), ${id}::uuid, starts_at, ${seatsTotal}, peak, mean, acquires, denials,
      people, people
    FROM jsonb_to_recordset(${json(samples)}::jsonb) AS u(starts_at timestamptz, peak int, mean float8, acquires int,
      denials int, people int)
    ON CONFLICT (tenant_id, license_id, sampled_at) DO NOTHING`;
  const hours = usageOf(history, { from: daysAgo(HISTORY_DAYS), to, bucketMs: HOUR_MS });
  const days = usageOf(history, { from: daysAgo(HISTORY_DAYS), to, bucketMs: DAY_MS });
  for (const [table, rows] of [
    ['usage_hours', hours],
    ['usage_days', days],
  ] as const)
    await tx.$executeRawUnsafe(
      `INSERT INTO ${table} (tenant_id, license_id, starts_at, seats_total, seats_in_use_peak, seats_in_use_mean,
        acquires, denials, unique_users, unique_machines, samples)
      SELECT $1::uuid, $2::uuid, starts_at, $3, peak, mean, acquires, denials, people, people, samples
      FROM jsonb_to_recordset($4::jsonb) AS u(starts_at timestamptz, peak int, mean float8, acquires int, denials int,
        people int, samples int)
      ON CONFLICT (tenant_id, license_id, starts_at) DO UPDATE SET seats_in_use_peak = excluded.seats_in_use_peak,
        seats_in_use_mean = excluded.seats_in_use_mean, acquires = excluded.acquires, denials = excluded.denials,
        unique_users = excluded.unique_users, unique_machines = excluded.unique_machines, samples = excluded.samples
      WHERE ${table}.samples < excluded.samples`,
      tenantId,
      id,
      seatsTotal,
      json(rows),
    );
}
