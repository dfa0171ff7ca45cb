import type { DatabaseUrls } from '@coditect/local-stack/database';
import { createTestDatabase } from '@coditect/local-stack/test-database';
import { afterAll, inject } from 'vitest';
import { Database, type DatabaseOptions } from '../src/database.js';

export interface OpenDatabase {
  db: Database;
  urls: DatabaseUrls;
  /** Superuser of this database: for what no role of the product may do. */
  superuserUrl: string;
  /** Further pools on the same database, closed after the last test. */
  connect: (options: Partial<DatabaseOptions>) => Database;
}

/** A migrated database of its own for one spec file, dropped after its last test. */
export async function openDatabase(options: Partial<DatabaseOptions> = {}): Promise<OpenDatabase> {
  const { name, urls, drop } = await createTestDatabase(inject('superuserUrl'));
  const opened: Database[] = [];
  const connect = (more: Partial<DatabaseOptions>) => {
    const db = new Database({ appUrl: urls.app, systemUrl: urls.system, ...more });
    opened.push(db);
    return db;
  };
  afterAll(async () => {
    await Promise.all(opened.map((db) => db.close()));
    await drop();
  });
  const superuserUrl = Object.assign(new URL(inject('superuserUrl')), { pathname: `/${name}` }).href;
  return { db: connect(options), urls, superuserUrl, connect };
}
