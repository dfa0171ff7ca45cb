import { DatabaseError } from 'pg';
import type { Database } from './database.js';

/** The migration that lets `license_system` read which migrations are applied. */
const READINESS = '20261122000600_readiness';

/** The migrations this code needs, in order: the folders of prisma/migrations, which a build does not include. */
export const MIGRATIONS: readonly string[] = [
  '20261122000100_schema',
  '20261122000200_isolation',
  '20261122000300_accounts',
  '20261122000400_audit_chain',
  '20261122000500_outbox',
  READINESS,
  '20261122000700_tenant_purge',
  '20261122000800_sign_in_lookup',
  '20261122000900_device_login',
  '20261122001000_audit_archive',
  '20261122001100_usage',
  '20261122001200_webhooks',
  '20261122001300_notices',
  '20261122001400_retention',
  '20261122001500_outbox_trace',
  '20261122001600_former_addresses',
  '20261122001700_session_search',
  '20261122001800_name_order',
  '20261122001900_webhook_turns',
  '20261122002000_audit_request_ids',
];

const INSUFFICIENT_PRIVILEGE = '42501';

/** Returns the migrations that this code needs and the database lacks, oldest first. Newer migrations are ignored. */
export async function missingMigrations(db: Pick<Database, 'systemQuery'>): Promise<string[]> {
  try {
    const { rows } = await db.systemQuery<{ name: string }>(
      `SELECT name FROM unnest($1::text[]) WITH ORDINALITY AS needed(name, place)
       WHERE name NOT IN (SELECT migration_name FROM _prisma_migrations
         WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL)
       ORDER BY place`,
      [MIGRATIONS],
    );
    return rows.map(({ name }) => name);
  } catch (error) {
    if (error instanceof DatabaseError && error.code === INSUFFICIENT_PRIVILEGE) return [READINESS];
    throw error;
  }
}
