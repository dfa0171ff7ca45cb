import path from 'node:path';
import type { DatabaseUrls } from '@coditect/local-stack/database';

/** If the port was set explicitly, no other is used. */
export interface Port {
  number: number;
  explicit: boolean;
}

/** The settings of a start, from the environment. */
export interface StartEnvironment {
  /** Port of the API. */
  port: Port;
  dashboardPort: Port;
  /** Set if a database of the user replaces the embedded one. */
  database: DatabaseUrls | undefined;
  /** Set if a Redis of the user replaces the private one. */
  redisUrl: string | undefined;
  publicUrl: string | undefined;
  /** Set if people reach the dashboard at another address than its own. */
  dashboardUrl: string | undefined;
  /** The directory of data, keys and logs. */
  dataDir: string;
  nodeEnv: string;
  /** Whether mails are shown on a page of the API instead of being sent. */
  mailPage: boolean;
}

const DEFAULT_PORT = 3000;
const DEFAULT_DASHBOARD_PORT = 3001;

/** Reads the environment. A relative DATA_DIR is below `root`, the workspace.
 *  @throws Error of one line if a variable is wrong or missing */
export function readEnvironment(env: NodeJS.ProcessEnv, root: string): StartEnvironment {
  const nodeEnv = env['NODE_ENV'] || 'development';
  return {
    port: readPort(env, 'PORT', DEFAULT_PORT),
    dashboardPort: readPort(env, 'DASHBOARD_PORT', DEFAULT_DASHBOARD_PORT),
    database: readDatabase(env),
    redisUrl: env['REDIS_URL'] || undefined,
    publicUrl: env['PUBLIC_URL'] || undefined,
    dashboardUrl: env['DASHBOARD_URL'] || undefined,
    dataDir: path.resolve(root, env['DATA_DIR'] || '.data'),
    nodeEnv,
    // Links in mails sign in, so mails are shown on this machine only.
    mailPage: nodeEnv === 'development' && !env['SMTP_URL'] && !env['PUBLIC_URL'],
  };
}

/** Maps each database role to its environment variable. */
export function databaseVariables<Url>({ app, system, owner }: Record<keyof DatabaseUrls, Url>): Record<string, Url> {
  return { DATABASE_URL: app, SYSTEM_DATABASE_URL: system, MIGRATE_DATABASE_URL: owner };
}

function readPort(env: NodeJS.ProcessEnv, variable: string, byDefault: number): Port {
  const value = env[variable];
  if (!value) return { number: byDefault, explicit: false };
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > 65_535)
    throw new Error(`${variable} must be a number from 1 to 65535, not "${value}"`);
  return { number, explicit: true };
}

function readDatabase(env: NodeJS.ProcessEnv): DatabaseUrls | undefined {
  const { DATABASE_URL: app, SYSTEM_DATABASE_URL: system, MIGRATE_DATABASE_URL: owner } = env;
  if (app && system && owner) return { app, system, owner };
  const missing = Object.entries(databaseVariables({ app, system, owner }))
    .filter(([, url]) => !url)
    .map(([name]) => name);
  if (missing.length === 3) return undefined;
  throw new Error(
    `DATABASE_URL, SYSTEM_DATABASE_URL and MIGRATE_DATABASE_URL belong together: ${missing.join(' and ')} not set`,
  );
}
