import { runAsTenant, tenantStore } from '../src/tenant-context.js';
import { openDatabase, type OpenDatabase } from './open-database.js';
import { createTenantRows, type TenantRows } from './tenant-rows.js';

/** Two ways to run code without a tenant: outside of any request, and in a request whose caller is not known yet. */
export const WITHOUT_TENANT = [
  ['without a context', <T>(work: () => Promise<T>) => work()],
  ['in a context without a tenant', <T>(work: () => Promise<T>) => tenantStore.run({}, work)],
] as const;

export interface TwoTenants extends OpenDatabase {
  ours: TenantRows;
  theirs: TenantRows;
  asUs: <T>(work: () => PromiseLike<T>) => Promise<T>;
  /** Runs SQL as the tenant of the current context (`tenantStore`). */
  sql: (text: string, ...values: unknown[]) => PromiseLike<Record<string, unknown>[]>;
  /** Returns the number of rows that the statement touched. */
  execute: (text: string, ...values: unknown[]) => Promise<number>;
}

/** A database with two tenants that differ in their ids only. */
export async function openTwoTenants(): Promise<TwoTenants> {
  const opened = await openDatabase();
  const { db } = opened;
  const [ours, theirs] = [await createTenantRows(db, 'ours'), await createTenantRows(db, 'theirs')];
  return {
    ...opened,
    ours,
    theirs,
    asUs: (work) => runAsTenant(ours.id, work),
    sql: (text, ...values) => db.tenant.$queryRawUnsafe<Record<string, unknown>[]>(text, ...values),
    execute: async (text, ...values) => db.tenant.$executeRawUnsafe(text, ...values),
  };
}

/** Returns the SQLSTATE of a refusal, or the number of rows that the statement touched. */
export async function outcome(work: Promise<number>): Promise<string | number> {
  try {
    return await work;
  } catch (error) {
    return /Code: `(\w+)`/.exec(String(error))?.[1] ?? String(error);
  }
}
