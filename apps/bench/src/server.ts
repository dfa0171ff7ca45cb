import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startService, untilReady } from '@coditect/local/service';
import { createDatabase, databaseUrls, migrate, prepareRoles } from '@coditect/local-stack/database';
import { freePort } from '@coditect/local-stack/ports';
import { startPostgres } from '@coditect/local-stack/postgres';
import { startRedis } from '@coditect/local-stack/redis';
import type { ServerProcess } from '@coditect/local-stack/server-process';
import { unexpectedEnd } from './child-end.js';
import type { ServerPids } from './cpu.js';
import { writeKeys } from './keys.js';
import type { GivenServer } from './options.js';

/** The server under load. */
export interface Server {
  url: string;
  systemDatabaseUrl: string;
  pids: ServerPids;
  /** How far the clocks of Redis and Postgres on this server may differ, in ms. Redis gives the start of a license
   *  session, and Postgres its end. */
  clockSkewMs: number;
  /** Set only if the benchmark has started the server. */
  own?: {
    ownerDatabaseUrl: string;
    /** The environment of the API, for further processes on the same stores. */
    env: NodeJS.ProcessEnv;
    api: ServerProcess;
  };
  stop: () => Promise<void>;
}

/** The workspace. The path is valid from src and dist, which are equally deep. */
export const root = fileURLToPath(new URL('../../..', import.meta.url));
const DATABASE = 'coditect_bench';
const MIN_THREADS = 4;
/** Rate limits are off: the load comes from one address and a few users. */
const UNTHROTTLED = {
  THROTTLE_ANONYMOUS_PER_HOUR: '0',
  THROTTLE_RENEWALS_PER_HOUR: '0',
  THROTTLE_USER_PER_HOUR: '0',
  THROTTLE_HEARTBEATS_PER_MINUTE: '0',
  THROTTLE_ADDRESS_HEARTBEATS_PER_MINUTE: '0',
};
const SAME_CLOCK_SKEW_MS = 1; // both write whole milliseconds
const OTHER_CLOCK_SKEW_MS = 50;
/** When a process ends, its connections close shortly before its parent learns of the end. */
const END_NOTICE_MS = 2000;

/** Where profiles are saved. An own server keeps its data here while it runs. */
export const dataDir = path.join(root, '.data', 'bench');

/** Threads of libuv's pool, which signs with RSA: as many as `npm start` sets for the API. */
export const threadPoolSize = Math.max(MIN_THREADS, os.availableParallelism());

export function givenServer({ url, systemDatabaseUrl, apiPid }: GivenServer): Server {
  const pids = apiPid === undefined ? {} : { api: apiPid };
  return { url, systemDatabaseUrl, pids, clockSkewMs: OTHER_CLOCK_SKEW_MS, stop: async () => {} };
}

/** Starts a server as operators run it: PostgreSQL with durable commits, Redis with its append-only file, and one API
 *  process in production mode with new keys. `stop` deletes all of it.
 *  @param apiEnv further environment of the API process */
export async function startServer(signingKey: string, apiEnv: NodeJS.ProcessEnv = {}): Promise<Server> {
  mkdirSync(dataDir, { recursive: true });
  const dir = mkdtempSync(path.join(dataDir, 'run-'));
  chmodSync(dir, 0o755); // PostgreSQL may run as another user
  const parts: ServerProcess[] = [];
  const remove = () => rmSync(dir, { recursive: true, force: true });
  const killAll = () => {
    for (const part of parts) part.kill();
    remove();
  };
  process.once('exit', killAll); // an interrupted run does not stop its parts in order
  const stop = async () => {
    for (const part of parts.toReversed()) await part.stop();
    process.off('exit', killAll);
    remove();
  };
  try {
    const postgres = await startPostgres({ dataDir: path.join(dir, 'postgres') });
    parts.push(postgres);
    const redis = await startRedis({ dir: path.join(dir, 'redis') });
    parts.push(redis);
    await prepareRoles(postgres.superuserUrl);
    await createDatabase(postgres.superuserUrl, DATABASE);
    const database = databaseUrls(postgres.superuserUrl, DATABASE);
    await migrate(database.owner);
    const keysDir = path.join(dir, 'keys');
    await writeKeys(keysDir, signingKey);

    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const env = {
      PATH: process.env['PATH'],
      NODE_ENV: 'production',
      LOG_LEVEL: 'warn',
      HOST: '127.0.0.1',
      PORT: String(port),
      PUBLIC_URL: url,
      DATABASE_URL: database.app,
      SYSTEM_DATABASE_URL: database.system,
      REDIS_URL: redis.url,
      KEYS_DIR: keysDir,
      UV_THREADPOOL_SIZE: String(threadPoolSize),
      ...UNTHROTTLED,
      ...apiEnv,
    };
    const api = startService(path.join(root, 'apps/api/dist/main.js'), env, path.join(dataDir, 'api.log'));
    parts.push(api);
    const crashed = new AbortController();
    void api.ended.then((end) => crashed.abort(unexpectedEnd('the API', end)));
    await untilReady(`${url}/readyz`, crashed.signal);
    const pids = { api: api.pid, postgres: postgres.pid, redis: redis.pid };
    const own = { ownerDatabaseUrl: database.owner, env, api };
    return { url, systemDatabaseUrl: database.system, pids, clockSkewMs: SAME_CLOCK_SKEW_MS, own, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Runs `work` on a server, then stops it.
 *  @throws Error that says how the API ended, if its process ends before the work does */
export async function useServer<T>(server: Server, work: () => Promise<T>): Promise<T> {
  const ended = server.own?.api.ended.then((end) => unexpectedEnd('the API', end)) ?? new Promise<never>(() => {});
  try {
    return await Promise.race([work(), ended.then((error) => Promise.reject(error))]);
  } catch (error) {
    throw (await Promise.race([ended, sleep(END_NOTICE_MS)])) ?? error;
  } finally {
    await server.stop();
  }
}
