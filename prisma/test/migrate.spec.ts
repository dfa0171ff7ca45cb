import { randomBytes } from 'node:crypto';
import { createDatabase, databaseUrls, dropDatabase, withClient } from '@coditect/local-stack/database';
import { createTestDatabase } from '@coditect/local-stack/test-database';
import type { QueryResultRow } from 'pg';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { copyOfPrismaFolder, prismaFolder } from './prisma-folder.js';

const superuserUrl = inject('superuserUrl');
const DIFF = ['migrate', 'diff', '--exit-code', '--to-schema', 'schema.prisma'];

const drops: (() => Promise<void>)[] = [];
afterAll(() => Promise.all(drops.map((drop) => drop())));

async function emptyDatabase(): Promise<string> {
  const name = `migrate_${randomBytes(6).toString('hex')}`;
  await createDatabase(superuserUrl, name);
  drops.push(() => dropDatabase(superuserUrl, name));
  return databaseUrls(superuserUrl, name).owner;
}
async function migratedDatabase(): Promise<string> {
  const { urls, drop } = await createTestDatabase(superuserUrl);
  drops.push(drop);
  return urls.owner;
}
async function query<Row extends QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  return withClient(url, async (client) => (await client.query<Row>(sql)).rows);
}
/** The migrations in the order they were applied, each with its outcome. */
const history = (url: string) =>
  query(
    url,
    `SELECT migration_name AS name, finished_at IS NOT NULL AS finished, rolled_back_at IS NOT NULL AS rolled_back
     FROM _prisma_migrations ORDER BY started_at`,
  );
const applied = (name: string) => ({ name, finished: true, rolled_back: false });

describe.concurrent('prisma migrate deploy', () => {
  it('applies all migrations to an empty database, and then has nothing left to do', async () => {
    const url = await emptyDatabase();

    expect(await prismaFolder.cli(url, 'migrate', 'deploy')).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining('All migrations have been successfully applied') as string,
    });
    const first = await history(url);
    expect(first).toEqual(prismaFolder.migrations().map(applied));

    expect(await prismaFolder.cli(url, 'migrate', 'deploy')).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining('No pending migrations to apply') as string,
    });
    expect(await history(url)).toEqual(first);
  });

  it('can be run by several processes at once, like replicas that start together', async () => {
    const url = await emptyDatabase();

    const runs = await Promise.all([1, 2, 3].map(() => prismaFolder.cli(url, 'migrate', 'deploy')));

    expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
    expect(runs.filter(({ output }) => output.includes('successfully applied'))).toHaveLength(1);
    expect(await history(url)).toEqual(prismaFolder.migrations().map(applied));
  });

  it('rolls a failing migration back completely, reports it until it is resolved, and then continues', async () => {
    const url = await migratedDatabase();
    const folder = copyOfPrismaFolder();
    const before = await history(url);
    folder.migration('broken', 'CREATE TABLE half_made (id uuid);\nSELECT 1 / 0;');

    const failed = await folder.cli(url, 'migrate', 'deploy');
    expect(failed).toMatchObject({
      exitCode: 1,
      output: expect.stringMatching(/division by zero.*_broken|_broken.*division by zero/s) as string,
    });
    expect(await query(url, `SELECT to_regclass('half_made') AS found`)).toEqual([{ found: null }]);

    const refused = await folder.cli(url, 'migrate', 'deploy');
    expect(refused).toMatchObject({ exitCode: 1, output: expect.stringMatching(/P3009.*_broken/s) as string });

    folder.migration('broken', 'CREATE TABLE half_made (id uuid);');
    const resolved = await folder.cli(url, 'migrate', 'resolve', '--rolled-back', '29991231235959_broken');
    expect(resolved.exitCode).toBe(0);
    expect((await folder.cli(url, 'migrate', 'deploy')).exitCode).toBe(0);
    expect(await query(url, `SELECT to_regclass('half_made') AS found`)).toEqual([{ found: 'half_made' }]);
    const name = '29991231235959_broken';
    expect(await history(url)).toEqual([...before, { name, finished: false, rolled_back: true }, applied(name)]);
  });
});

describe.concurrent('prisma migrate status', () => {
  it('reports whether a database is up to date', async () => {
    const [migrated, empty] = [await migratedDatabase(), await emptyDatabase()];

    expect(await prismaFolder.cli(migrated, 'migrate', 'status')).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining('Database schema is up to date') as string,
    });
    const pending = await prismaFolder.cli(empty, 'migrate', 'status');
    expect(pending.exitCode).toBe(1);
    for (const name of prismaFolder.migrations()) expect(pending.output).toContain(name);
  });
});

describe.concurrent('schema.prisma', () => {
  it('equals the schema of the migrations and of a migrated database', async () => {
    const url = await migratedDatabase();

    for (const from of [['--from-migrations', 'migrations'], ['--from-config-datasource']]) {
      const { exitCode, output } = await prismaFolder.cli(url, ...DIFF, ...from);
      expect(exitCode, `what the migrations lack:\n${output}`).toBe(0);
    }
  });

  it('is reported as different when a migration is missing, so the drift check can fail', async () => {
    const url = await emptyDatabase();
    const folder = copyOfPrismaFolder();
    folder.extendModel('Machine', 'label String?');

    expect(await folder.cli(url, ...DIFF, '--from-migrations', 'migrations')).toMatchObject({
      exitCode: 2,
      output: expect.stringMatching(/Changed the `machines` table\s+\[\+\] Added column `label`/) as string,
    });
  });

  it('gets the migration of a change from `migrate dev --create-only`, which changes nothing else', async () => {
    const url = await migratedDatabase();
    const folder = copyOfPrismaFolder();
    const before = folder.migrations();
    folder.extendModel('Machine', 'label String?');

    const dev = await folder.cli(url, 'migrate', 'dev', '--create-only', '--name', 'add_label');

    expect(dev).toMatchObject({ exitCode: 0 });
    expect(folder.migrations()).toEqual([...before, expect.stringMatching(/_add_label$/)]);
    expect(folder.migration('add_label').replaceAll(/\s+/g, ' ')).toBe(
      '-- AlterTable ALTER TABLE "machines" ADD COLUMN "label" TEXT; ',
    );
    expect(await history(url)).toEqual(before.map(applied));
  });
});

it('no test leaves a shadow database behind', async () => {
  const shadows = `SELECT datname FROM pg_database WHERE datname LIKE 'prisma_migrate_shadow%'`;

  expect(await query(superuserUrl, shadows)).toEqual([]);
});
