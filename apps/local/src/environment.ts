import path from 'node:path';
import type { DatabaseUrls } from '@coditect/local-stack/database';

/** When it was asked for by name, no other will do. */
export interface Port {
  number: number;
  explicit: boolean;
}

/** What the environment says about a start. */
export interface StartEnvironment {
  /** Of the API. */
  port: Port;
  dashboardPort: Port;
  /** Set when a database of the user replaces the embedded one. */
  database: DatabaseUrls | undefined;
  /** Set when a Redis of the user replaces the private one. */
  redisUrl: string | undefined;
  publicUrl: string | undefined;
  /** Set when people reach the dashboard by another address than its own. */
  dashboardUrl: string | undefined;
  /** Where data, keys and logs are kept. */
  dataDir: string;
  nodeEnv: string;
  /** Mails are not sent but shown, on a page of the API. */
  mailPage: boolean;
}

const DEFAULT_PORT = 3000;
const DEFAULT_DASHBOARD_PORT = 3001;

/** `root` is the workspace, which a relative DATA_DIR is below.
 *  @throws Error in one line when a variable is wrong or missing */
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
    // Links in mails sign in: they are for this machine only.
    mailPage: nodeEnv === 'development' && !env['SMTP_URL'] && !env['PUBLIC_URL'],
  };
}

/** The environment variable of each database role. */
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
