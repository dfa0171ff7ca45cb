import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, escapeIdentifier } from 'pg';
import { run } from './command.js';
import { messageOf } from './errors.js';

/** One connection URL per database role (design, section 4). */
export interface DatabaseUrls {
  /** `license_owner`: owns the tables and runs the migrations. */
  owner: string;
  /** `license_app`: row level security applies. */
  app: string;
  /** `license_system`: cross-tenant work of staff and worker. */
  system: string;
}

// src and dist are equally deep.
const PRISMA_DIR = fileURLToPath(new URL('../../../prisma', import.meta.url));
const ROLES_LOCK = 7_246_001;

/** Creates the roles of prisma/roles.sql where they are missing. Roles belong to the whole server, not to a database. */
export async function prepareRoles(superuserUrl: string): Promise<void> {
  const roles = readFileSync(path.join(PRISMA_DIR, 'roles.sql'), 'utf8');
  await withClient(superuserUrl, async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [ROLES_LOCK]);
    await client.query(roles);
  });
}

/** The URLs of a database for each role, without passwords: the local server trusts its connections. */
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
 * Creates a database owned by `license_owner` unless it exists. With `template` it becomes a copy of that database.
 * @throws DatabaseError 42P04 when a copy is asked for and the name is taken; 55006 while the template has connections
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

/** Drops a database if it exists, ending its connections. */
export async function dropDatabase(superuserUrl: string, name: string): Promise<void> {
  await withClient(superuserUrl, (client) =>
    client.query(`DROP DATABASE IF EXISTS ${escapeIdentifier(name)} WITH (FORCE)`),
  );
}

/**
 * Brings a database to the newest schema (`prisma migrate deploy`).
 * @throws Error with what the Prisma CLI printed
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
  client.on('error', () => {}); // a lost connection rejects the query as well
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end();
  }
}
