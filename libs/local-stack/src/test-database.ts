import { randomBytes } from 'node:crypto';
import { type DatabaseUrls, createDatabase, databaseUrls, dropDatabase, withClient } from './database.js';

// An augmentation applies to a module only where that module is imported or exported from.
export type { ProvidedContext } from 'vitest';

declare module 'vitest' {
  /** The values that `test-setup` provides. */
  interface ProvidedContext {
    /** PostgreSQL of this run, as superuser: `createTestDatabase(inject('superuserUrl'))`. */
    superuserUrl: string;
    /** Redis of this run, empty and without persistence. */
    redisUrl: string;
  }
}

/** The migrated database that `test-setup` creates once per run. It accepts no connections. */
export const TEMPLATE_DATABASE = 'license_template';

export interface TestDatabase {
  name: string;
  urls: DatabaseUrls;
  drop: () => Promise<void>;
}

const CLONE_LOCK = 7_246_002;

/** Creates a migrated, empty database: a copy of the template under a random name. */
export async function createTestDatabase(superuserUrl: string): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  // One copy at a time, because parallel copies of one template wait for each other and may fail with 55006.
  await withClient(superuserUrl, async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [CLONE_LOCK]);
    await createDatabase(superuserUrl, name, { template: TEMPLATE_DATABASE });
  });
  return { name, urls: databaseUrls(superuserUrl, name), drop: () => dropDatabase(superuserUrl, name) };
}
