import { parseArgs } from 'node:util';

export const profiledPhases = ['heartbeat', 'acquire'] as const;
export type ProfiledPhase = (typeof profiledPhases)[number];

export interface BenchOptions {
  /** Total time for which each phase is measured, in seconds. */
  seconds: number;
  connections: number;
  tenants: number;
  /** License sessions that exist from the start, over all tenants. Heartbeats go through them in turn. */
  sessions: number;
  json: boolean;
  profile: ProfiledPhase | undefined;
  /** A running server; without it the benchmark starts its own. */
  given: GivenServer | undefined;
}

export interface GivenServer {
  url: string;
  /** Connects as license_system, to create tenants and count seats. */
  systemDatabaseUrl: string;
  /** The API process on this machine, to measure its CPU time. */
  apiPid: number | undefined;
}

// An access token is valid for 15 minutes. A run with phases of 60 s is shorter.
const LIMITS = { seconds: [1, 60], connections: [1, 1000], tenants: [1, 1000], sessions: [1, 500_000] } as const;

export const USAGE = `npm run bench -- [options]

  --seconds 10         how long each phase is measured, 1 to 60
  --connections 64     connections, each with one request at a time
  --tenants 50         tenants, each with one user and its own licenses
  --sessions 20000     license sessions that heartbeats go round
  --json               print one JSON object instead of tables
  --profile PHASE      ${profiledPhases.join(' or ')} alone, with the CPU profiler on in the API process

By default it starts its own PostgreSQL, Redis and API. Against a server that runs already:

  --url URL                    where the API answers
  --system-database-url URL    its database as license_system (or SYSTEM_DATABASE_URL); the tenants that are made
                               there stay, named bench-… and closed
  --api-pid PID                the API process, if it runs on this machine, to measure its CPU time

Exit code 1 if a request failed or a license had more seats in use than it has.

npm run bench -- background [options]    how time and memory of background jobs grow, at a tenth, three tenths and all of

  --tenants 1000       tenants, each with one license
  --sessions 1000      license sessions on each license
  --json

npm run bench -- audit-export [options]    how fast audit entries are exported, and in how much memory, beside 10,000

  --entries 1000000
  --json`;

/** @throws Error with a message of one line when an option is invalid */
export function parseOptions(args: string[], env: NodeJS.ProcessEnv): BenchOptions | 'help' {
  const { values } = parseArgs({
    args,
    options: {
      seconds: { type: 'string', default: '10' },
      connections: { type: 'string', default: '64' },
      tenants: { type: 'string', default: '50' },
      sessions: { type: 'string', default: '20000' },
      json: { type: 'boolean', default: false },
      profile: { type: 'string' },
      url: { type: 'string' },
      'system-database-url': { type: 'string', default: env['SYSTEM_DATABASE_URL'] },
      'api-pid': { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  const profile = profiledPhases.find((phase) => phase === values.profile);
  if (values.profile && !profile) throw new Error(`--profile must be ${profiledPhases.join(' or ')}`);
  if (profile && values.url) throw new Error('--profile starts its own server: leave --url out');
  return {
    seconds: numberIn('seconds', values.seconds, LIMITS),
    connections: numberIn('connections', values.connections, LIMITS),
    tenants: numberIn('tenants', values.tenants, LIMITS),
    sessions: numberIn('sessions', values.sessions, LIMITS),
    json: values.json,
    profile,
    given: values.url
      ? givenServer({ url: values.url, database: values['system-database-url'], pid: values['api-pid'] })
      : undefined,
  };
}

export interface BackgroundOptions {
  /** Number at the largest size. */
  tenants: number;
  /** Sessions on the license of each tenant. */
  sessions: number;
  json: boolean;
}

const BACKGROUND_LIMITS = { tenants: [5, 10_000], sessions: [10, 10_000] } as const;

/** @throws Error with a message of one line when an option is invalid */
export function parseBackgroundOptions(args: string[]): BackgroundOptions {
  const { values } = parseArgs({
    args,
    options: {
      tenants: { type: 'string', default: '1000' },
      sessions: { type: 'string', default: '1000' },
      json: { type: 'boolean', default: false },
    },
  });
  return {
    tenants: numberIn('tenants', values.tenants, BACKGROUND_LIMITS),
    sessions: numberIn('sessions', values.sessions, BACKGROUND_LIMITS),
    json: values.json,
  };
}

export interface AuditExportOptions {
  /** Number at the larger size. */
  entries: number;
  json: boolean;
}

const AUDIT_EXPORT_LIMITS = { entries: [1, 10_000_000] } as const;

/** @throws Error with a message of one line when an option is invalid */
export function parseAuditExportOptions(args: string[]): AuditExportOptions {
  const { values } = parseArgs({
    args,
    options: { entries: { type: 'string', default: '1000000' }, json: { type: 'boolean', default: false } },
  });
  return { entries: numberIn('entries', values.entries, AUDIT_EXPORT_LIMITS), json: values.json };
}

function numberIn<Name extends string>(
  name: Name,
  value: string,
  limits: Readonly<Record<Name, readonly [number, number]>>,
): number {
  const [least, most] = limits[name];
  const number = Number(value);
  if (!Number.isInteger(number) || number < least || number > most)
    throw new Error(`--${name} must be a whole number from ${least} to ${most}, not "${value}"`);
  return number;
}

function givenServer(values: { url: string; database: string | undefined; pid: string | undefined }): GivenServer {
  if (!URL.canParse(values.url)) throw new Error(`--url must be a URL, not "${values.url}"`);
  if (!values.database)
    throw new Error('--url needs --system-database-url (or SYSTEM_DATABASE_URL): tenants are made with it');
  const apiPid = values.pid === undefined ? undefined : Number(values.pid);
  if (apiPid !== undefined && !(Number.isInteger(apiPid) && apiPid > 0))
    throw new Error(`--api-pid must be a process id, not "${values.pid}"`);
  return { url: new URL(values.url).origin, systemDatabaseUrl: values.database, apiPid };
}
