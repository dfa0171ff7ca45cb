import { readdirSync } from 'node:fs';
import { withClient } from '@coditect/local-stack/database';
import { beforeAll, describe, expect, it } from 'vitest';
import { MIGRATIONS, missingMigrations } from '../src/migrations.js';
import { openDatabase } from './open-database.js';

const { db, urls } = await openDatabase();
const folder = new URL('../../../prisma/migrations', import.meta.url);
const asOwner = (sql: string) => withClient(urls.owner, (client) => client.query(sql));

it('the list names every migration, in order', () => {
  const folders = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(MIGRATIONS).toEqual(folders.map(({ name }) => name).toSorted());
});

describe('the missing migrations of a database', () => {
  beforeAll(async () => {
    expect(await missingMigrations(db)).toEqual([]);
  });

  it.each([
    ['never begun', `DELETE FROM _prisma_migrations WHERE migration_name = '${MIGRATIONS[2]}'`],
    ['begun and failed', `UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = '${MIGRATIONS[2]}'`],
    ['rolled back', `UPDATE _prisma_migrations SET rolled_back_at = now() WHERE migration_name = '${MIGRATIONS[2]}'`],
  ])('include one that was %s', async (_how, sql) => {
    await asOwner(`CREATE TABLE kept AS TABLE _prisma_migrations; ${sql}`);
    expect(await missingMigrations(db)).toEqual([MIGRATIONS[2]]);
    await asOwner(`TRUNCATE _prisma_migrations; INSERT INTO _prisma_migrations TABLE kept; DROP TABLE kept`);
    expect(await missingMigrations(db)).toEqual([]);
  });

  it('exclude those of a newer release', async () => {
    await asOwner(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at) VALUES ('newer', '', '29991231000000_newer', now())`,
    );
    expect(await missingMigrations(db)).toEqual([]);
  });

  it('include the one that lets the application read the list', async () => {
    await asOwner(
      'REVOKE SELECT (migration_name, finished_at, rolled_back_at) ON _prisma_migrations FROM license_system',
    );
    expect(await missingMigrations(db)).toEqual(['20261122000600_readiness']);
  });
});
