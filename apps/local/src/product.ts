import os from 'node:os';
import path from 'node:path';
import {
  type DatabaseUrls,
  createDatabase,
  databaseUrls,
  migrate,
  prepareRoles,
  withClient,
} from '@coditect/local-stack/database';
import { messageOf } from '@coditect/local-stack/errors';
import { freePort } from '@coditect/local-stack/ports';
import { startPostgres } from '@coditect/local-stack/postgres';
import { startRedis } from '@coditect/local-stack/redis';
import { seed } from '@coditect/prisma/seed';
import { type DemoTenant, banner } from './banner.js';
import { type Port, type StartEnvironment, databaseVariables } from './environment.js';
import { startService, untilReady } from './service.js';
import type { Supervisor } from './supervisor.js';

/** The environment of a start and its progress output. */
export interface StartContext {
  root: string;
  environment: StartEnvironment;
  supervisor: Supervisor;
  progress: (step: string) => void;
}

// Not the usual 5432 and 6379, which may be used by servers of the user.
const POSTGRES_PORT = 54_329;
const REDIS_PORT = 63_790;
const DATABASE = 'coditect';
const MIN_THREADS = 4;

/**
 * Starts every part and waits until the API is ready.
 * @returns the text to print
 * @throws Error if a part does not start
 */
export async function startProduct(context: StartContext): Promise<string> {
  const { root, environment, supervisor, progress } = context;
  const port = await choosePort('API', 'PORT', environment.port, progress);
  const dashboardPort = await choosePort('dashboard', 'DASHBOARD_PORT', environment.dashboardPort, progress);
  if (environment.database) await requireReachable(environment.database);
  const database = environment.database ?? (await embeddedDatabase(context));
  const redisUrl = environment.redisUrl ?? (await privateRedis(context));

  await migrate(database.owner);
  supervisor.ending.throwIfAborted();
  progress('database migrated');
  const tenants = environment.nodeEnv === 'production' ? [] : await demoTenants(database, progress);

  const url = environment.publicUrl ?? `http://localhost:${port}`;
  const dashboardUrl = environment.dashboardUrl ?? `http://localhost:${dashboardPort}`;
  const env = serviceEnv({ database, redisUrl, port, url, dashboardUrl, environment });
  const dashboardEnv = { ...process.env, PORT: String(dashboardPort), API_URL: `http://127.0.0.1:${port}` };
  const logs = path.join(environment.dataDir, 'logs');
  const services: [name: string, script: string, env: NodeJS.ProcessEnv][] = [
    ['worker', 'apps/api/dist/worker.js', env],
    ['API', 'apps/api/dist/main.js', env],
    ['dashboard', 'apps/dashboard/dist-server/main.js', dashboardEnv],
  ];
  for (const [name, script, serviceEnvironment] of services)
    await supervisor.start(name, async () =>
      startService(path.join(root, script), serviceEnvironment, path.join(logs, `${name.toLowerCase()}.log`)),
    );
  await untilReady(`http://127.0.0.1:${port}/readyz`, supervisor.ending);
  await untilReady(`http://127.0.0.1:${dashboardPort}/healthz`, supervisor.ending);
  progress('API, worker and dashboard ready');
  return banner({
    url,
    dashboardUrl,
    logs: path.relative(process.cwd(), logs),
    tenants,
    mailPage: environment.mailPage,
  });
}

async function choosePort(
  what: string,
  variable: string,
  { number, explicit }: Port,
  progress: (step: string) => void,
): Promise<number> {
  const port = await freePort(number);
  if (port === number) return port;
  if (explicit) throw new Error(`port ${number} (${variable}) is taken by another program`);
  progress(`port ${number} is taken: the ${what} uses ${port} (set ${variable} to choose)`);
  return port;
}

/** Demo logins have published passwords, so they are never added to a production database. */
async function demoTenants({ system }: DatabaseUrls, progress: (step: string) => void): Promise<DemoTenant[]> {
  const tenants = await seed({ systemUrl: system });
  progress('demo data in place');
  return tenants;
}

async function requireReachable(urls: DatabaseUrls): Promise<void> {
  for (const [variable, url] of Object.entries(databaseVariables(urls)))
    await withClient(url, async () => {}).catch((error: unknown) => {
      throw new Error(`the database of ${variable} cannot be used: ${messageOf(error)}`, { cause: error });
    });
}

async function embeddedDatabase({ environment, supervisor, progress }: StartContext): Promise<DatabaseUrls> {
  const dataDir = path.join(environment.dataDir, 'postgres');
  const postgres = await supervisor.start('PostgreSQL', () => startPostgres({ dataDir, port: POSTGRES_PORT }));
  progress(`PostgreSQL on port ${postgres.port}${stillRunning(postgres)}`);
  await prepareRoles(postgres.superuserUrl);
  await createDatabase(postgres.superuserUrl, DATABASE);
  return databaseUrls(postgres.superuserUrl, DATABASE);
}

async function privateRedis({ environment, supervisor, progress }: StartContext): Promise<string> {
  const dir = path.join(environment.dataDir, 'redis');
  const onInstall = () => progress('redis-server is not installed: installing it with apt-get');
  const redis = await supervisor.start('Redis', () => startRedis({ dir, port: REDIS_PORT, onInstall }));
  progress(`Redis on port ${redis.port}${stillRunning(redis)}`);
  return redis.url;
}

const stillRunning = ({ reused }: { reused: boolean }) => (reused ? ', still running from an earlier start' : '');

function serviceEnv(options: {
  database: DatabaseUrls;
  redisUrl: string;
  port: number;
  url: string;
  dashboardUrl: string;
  environment: StartEnvironment;
}): NodeJS.ProcessEnv {
  // The owner's credentials are for migrations only.
  const { MIGRATE_DATABASE_URL: _, ...inherited } = process.env;
  return {
    ...inherited,
    NODE_ENV: options.environment.nodeEnv,
    HOST: '127.0.0.1',
    PORT: String(options.port),
    PUBLIC_URL: options.url,
    DASHBOARD_URL: options.dashboardUrl,
    // The dashboard's server forwards requests and names the client's address.
    TRUST_PROXY: process.env['TRUST_PROXY'] || '127.0.0.1',
    DATABASE_URL: options.database.app,
    SYSTEM_DATABASE_URL: options.database.system,
    REDIS_URL: options.redisUrl,
    KEYS_DIR: path.join(options.environment.dataDir, 'keys'),
    MAIL_PAGE: String(options.environment.mailPage),
    MAIL_DIR: path.join(options.environment.dataDir, 'mail'),
    EXPORTS_DIR: path.join(options.environment.dataDir, 'exports'),
    AUDIT_ARCHIVE_DIR: path.join(options.environment.dataDir, 'archive'),
    // argon2 and RSA signing run in libuv's thread pool.
    UV_THREADPOOL_SIZE: String(Math.max(MIN_THREADS, os.availableParallelism())),
  };
}
