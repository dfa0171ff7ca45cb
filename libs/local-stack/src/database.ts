import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, escapeIdentifier } from 'pg';
import { run } from './command.js';
import { messageOf } from './errors.js';

/** One connection URL per database role (docs/database.md). */
export interface DatabaseUrls {
  /** Connects as `license_owner`, which owns the tables and runs the migrations. */
  owner: string;
  /** Connects as `license_app`, to which row level security applies. */
  app: string;
  /** Connects as `license_system`, which sees all tenants: for the worker and for staff. */
  system: string;
}

// src and dist have the same depth.
const PRISMA_DIR = fileURLToPath(new URL('../../../prisma', import.meta.url));
const ROLES_LOCK = 7_246_001;

/** Creates missing roles of prisma/roles.sql. Roles belong to the whole server, not to one database. */
export async function prepareRoles(superuserUrl: string): Promise<void> {
  const roles = readFileSync(path.join(PRISMA_DIR, 'roles.sql'), 'utf8');
  await withClient(superuserUrl, async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [ROLES_LOCK]);
    await client.query(roles);
  });
}

/** The URLs of a database for each role. They have no passwords, because the local server trusts its connections. */
export function databaseUrls(superuserUrl: string, database: string): DatabaseUrls {
  const as = (role: string) => {
    const url = new URL(superuserUrl);
    url.username = role;
    url.password = '';
    url.pathname = `/${database}`;
    return url.href;
  };
  return { owner: as('license_owner'), app: as('license_app'), system: as('license_system') };
}

/**
 * Creates a database owned by `license_owner` if it does not exist. With `template` it becomes a copy of that database.
 * @throws DatabaseError 42P04 if a copy is requested and the name is taken; 55006 while the template has connections
 */
export async function createDatabase(
  superuserUrl: string,
  name: string,
  { template }: { template?: string } = {},
): Promise<void> {
  await withClient(superuserUrl, async (client) => {
    const create = `CREATE DATABASE ${escapeIdentifier(name)} OWNER license_owner`;
    if (template) {
      await client.query(`${create} TEMPLATE ${escapeIdentifier(template)}`);
      return;
    }
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    if (!rowCount) await client.query(create);
  });
}

/** Drops a database if it exists. Ends its connections. */
export async function dropDatabase(superuserUrl: string, name: string): Promise<void> {
  await withClient(superuserUrl, (client) =>
    client.query(`DROP DATABASE IF EXISTS ${escapeIdentifier(name)} WITH (FORCE)`),
  );
}

/**
 * Applies all migrations to a database (`prisma migrate deploy`).
 * @throws Error with the output of the Prisma CLI
 */
export async function migrate(ownerUrl: string): Promise<void> {
  const cli = createRequire(path.join(PRISMA_DIR, 'package.json')).resolve('prisma/build/index.js');
  await run(process.execPath, [cli, 'migrate', 'deploy'], {
    cwd: PRISMA_DIR,
    env: { ...process.env, MIGRATE_DATABASE_URL: ownerUrl, CHECKPOINT_DISABLE: '1', PRISMA_HIDE_UPDATE_MESSAGE: '1' },
  }).catch((error: unknown) => {
    throw new Error(`the database migration failed: ${messageOf(error)}`, { cause: error });
  });
}

/** Runs `work` on one connection and closes it. */
export async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  client.on('error', () => {}); // a lost connection also rejects the query
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end();
  }
}
