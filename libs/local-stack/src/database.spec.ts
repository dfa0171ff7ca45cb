import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { createDatabase, databaseUrls, dropDatabase, migrate, prepareRoles, withClient } from './database.js';
import { createTestDatabase } from './test-database.js';

const superuserUrl = inject('superuserUrl');
const query = (url: string, sql: string, values?: unknown[]) =>
  withClient(url, async (client) => (await client.query<Record<string, unknown>>(sql, values)).rows);
const exists = async (name: string) =>
  (await query(superuserUrl, 'SELECT 1 AS found FROM pg_database WHERE datname = $1', [name])).length === 1;

const made: string[] = [];
function newName(): string {
  const name = `spec_${randomBytes(6).toString('hex')}`;
  made.push(name);
  return name;
}
afterEach(() => Promise.all(made.splice(0).map((name) => dropDatabase(superuserUrl, name))));

describe('prepareRoles', () => {
  it('can run repeatedly and concurrently, and gives no role a way around row level security', async () => {
    await Promise.all([prepareRoles(superuserUrl), prepareRoles(superuserUrl)]);

    const roles = await query(
      superuserUrl,
      `SELECT rolname AS name, rolcanlogin AS login, rolsuper AS super, rolbypassrls AS bypass
       FROM pg_roles WHERE rolname LIKE 'license_%' ORDER BY 1`,
    );
    expect(roles).toEqual(
      ['license_app', 'license_owner', 'license_system'].map((name) => ({
        name,
        login: true,
        super: false,
        bypass: false,
      })),
    );
  });
});

describe('createDatabase', () => {
  it('creates a database in which its owner may create tables', async () => {
    const name = newName();

    await createDatabase(superuserUrl, name);

    const { owner } = databaseUrls(superuserUrl, name);
    await query(owner, 'CREATE TABLE made_by_owner ()');
    expect(await query(owner, 'SELECT current_user AS role')).toEqual([{ role: 'license_owner' }]);
  });

  it('does not change an existing database', async () => {
    const name = newName();
    await createDatabase(superuserUrl, name);
    await query(databaseUrls(superuserUrl, name).owner, 'CREATE TABLE kept AS SELECT 42 AS answer');

    await createDatabase(superuserUrl, name);

    expect(await query(databaseUrls(superuserUrl, name).owner, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  });

  it('copies a template, and fails if the name is taken', async () => {
    const [template, name] = [newName(), newName()];
    await createDatabase(superuserUrl, template);
    await query(databaseUrls(superuserUrl, template).owner, 'CREATE TABLE kept AS SELECT 42 AS answer');

    await createDatabase(superuserUrl, name, { template });

    expect(await query(databaseUrls(superuserUrl, name).owner, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    await expect(createDatabase(superuserUrl, name, { template })).rejects.toMatchObject({ code: '42P04' });
  });
});

describe('dropDatabase', () => {
  it('drops a database in use, and does nothing if there is none', async () => {
    const name = newName();
    await createDatabase(superuserUrl, name);

    await withClient(databaseUrls(superuserUrl, name).app, async () => {
      await dropDatabase(superuserUrl, name);
    });
    await dropDatabase(superuserUrl, name);

    expect(await exists(name)).toBe(false);
  });
});

describe('migrate', () => {
  it('applies all migrations to an empty database, and can run again', async () => {
    const name = newName();
    await createDatabase(superuserUrl, name);
    const { owner } = databaseUrls(superuserUrl, name);

    await migrate(owner);
    await migrate(owner);

    expect(await query(owner, 'SELECT * FROM tenants')).toEqual([]);
  });

  it('fails with the output of the Prisma CLI', async () => {
    const { owner } = databaseUrls(superuserUrl, 'postgres');
    const unreachable = owner.replace(/:\d+\//, ':1/');

    await expect(migrate(unreachable)).rejects.toThrow(/the database migration failed:.*P1001/s);
  });
});

describe('createTestDatabase', () => {
  it('creates independent migrated databases, also concurrently', async () => {
    const clone = () => createTestDatabase(superuserUrl);
    const [first, second, ...others] = await Promise.all([clone(), clone(), clone(), clone()]);
    const databases = [first, second, ...others];

    expect(new Set(databases.map(({ name }) => name)).size).toBe(4);
    await query(first.urls.owner, 'CREATE TABLE only_here ()');
    await expect(query(second.urls.owner, 'SELECT * FROM only_here')).rejects.toMatchObject({ code: '42P01' });
    await Promise.all(databases.map((database) => database.drop()));
    expect(await exists(first.name)).toBe(false);
  });

  it('applies row level security only to the application role', async () => {
    const { urls, drop } = await createTestDatabase(superuserUrl);
    const rowSecurity = "SELECT row_security_active('users') AS active";

    expect(await query(urls.app, rowSecurity)).toEqual([{ active: true }]);
    expect(await query(urls.owner, rowSecurity)).toEqual([{ active: false }]);
    await drop();
  });
});
