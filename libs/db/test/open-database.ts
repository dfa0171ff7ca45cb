import type { DatabaseUrls } from '@coditect/local-stack/database';
import { createTestDatabase } from '@coditect/local-stack/test-database';
import { afterAll, inject } from 'vitest';
import { Database, type DatabaseOptions } from '../src/database.js';

export interface OpenDatabase {
  db: Database;
  urls: DatabaseUrls;
  /** Superuser of this database, for work that no role of the product may do. */
  superuserUrl: string;
  /** Opens another pool on the same database. It is closed after the last test. */
  connect: (options: Partial<DatabaseOptions>) => Database;
}

/** Creates a migrated database for one spec file. It is dropped after the last test. */
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
