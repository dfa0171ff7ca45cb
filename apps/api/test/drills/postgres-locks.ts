import { withClient } from '@coditect/local-stack/database';
import { expect, inject } from 'vitest';
import type { TestStack } from '../app.js';
import { eventually } from './eventually.js';

/** A locked row, for which other transactions must wait. A grant waits for the row of its license. */
export interface LockedRow {
  /** Waits until so many connections wait for the row. */
  waiters(count: number): Promise<void>;
  /** Ends the waiting connections before they have done anything, as in a crash of the database. */
  endWaiters(): Promise<void>;
}

/** Runs `work` while the row is locked, and always releases it. */
export async function withLockedRow(
  stack: TestStack,
  table: 'licenses' | 'license_sessions',
  { tenantId, id }: { tenantId: string; id: string },
  work: (lock: LockedRow) => Promise<void>,
): Promise<void> {
  const waiting = `FROM pg_stat_activity WHERE datname = $1 AND usename = 'license_app' AND wait_event_type = 'Lock'`;
  const { name, urls } = stack.database;
  await withClient(inject('superuserUrl'), (superuser) =>
    withClient(urls.owner, async (owner) => {
      await owner.query('BEGIN');
      await owner.query(`SELECT FROM ${table} WHERE tenant_id = $1 AND id = $2 FOR UPDATE`, [tenantId, id]);
      await work({
        waiters: (count) =>
          eventually(async () => {
            const { rows } = await superuser.query<{ count: number }>(`SELECT count(*)::int AS count ${waiting}`, [
              name,
            ]);
            expect(rows[0]?.count).toBe(count);
          }),
        endWaiters: async () => {
          await superuser.query(`SELECT pg_terminate_backend(pid, 5000) ${waiting}`, [name]);
        },
      });
      await owner.query('COMMIT');
    }),
  );
}

/** The locks of a statement of the owner. */
export interface HeldLock {
  /** Waits until a connection waits in a statement that has this text near its beginning. */
  waiterIn(text: string): Promise<void>;
  /** Ends the waiting connections before they have done anything, as in a crash of the database. */
  endWaiters(): Promise<void>;
  /** Releases the locks before the end of `work`. */
  letGo(): Promise<void>;
}

/** Runs `work` while the owner of the tables holds the locks of a statement, and always releases them. */
export async function withLock(
  { database: { name, urls } }: TestStack,
  [statement, ...values]: [string, ...unknown[]],
  work: (lock: HeldLock) => Promise<void>,
): Promise<void> {
  const waiting = `FROM pg_stat_activity WHERE datname = $1 AND usename IN ('license_app', 'license_system')
    AND wait_event_type = 'Lock'`;
  await withClient(inject('superuserUrl'), (superuser) =>
    withClient(urls.owner, async (owner) => {
      await owner.query('BEGIN');
      await owner.query(statement, values);
      await work({
        waiterIn: (text) =>
          eventually(async () => {
            const { rowCount } = await superuser.query(`SELECT ${waiting} AND strpos(query, $2) > 0`, [name, text]);
            expect(rowCount).toBeGreaterThanOrEqual(1);
          }, 20_000),
        endWaiters: async () => {
          await superuser.query(`SELECT pg_terminate_backend(pid, 5000) ${waiting}`, [name]);
        },
        letGo: async () => {
          await owner.query('COMMIT');
        },
      });
      await owner.query('COMMIT');
    }),
  );
}
