import { withClient } from '@coditect/local-stack/database';
import { inject } from 'vitest';
import type { TestApp } from './app.js';

type Role = 'license_app' | 'license_system';

/** Returns how many connections of a role wait for a lock. */
export function waitingForLocks(api: TestApp, role: Role): Promise<number> {
  return count(
    api,
    role,
    `SELECT FROM pg_stat_activity WHERE datname = $1 AND usename = $2 AND wait_event_type = 'Lock'`,
  );
}

/** Ends the connections of a role whose last statement names a table, as in a crash of the database. Returns how
 *  many. */
export function endConnections(api: TestApp, role: Role, table: string): Promise<number> {
  return count(
    api,
    role,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND usename = $2 AND query LIKE '%"${table}"%'`,
  );
}

function count({ stack }: TestApp, role: Role, text: string): Promise<number> {
  return withClient(inject('superuserUrl'), async (superuser) => {
    const { rows } = await superuser.query(text, [stack.database.name, role]);
    return rows.length;
  });
}
