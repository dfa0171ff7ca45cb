import { spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from './command.js';
import { withClient } from './database.js';
import { codeOf, messageOf } from './errors.js';
import { type PostgresBinaries, type RunAs, postgresBinaries, requirePassable, runAs } from './postgres-binaries.js';
import { PortTakenError, onFreePort } from './ports.js';
import { type ServerProcess, fromChild, fromPid, isAlive, lastOutput } from './server-process.js';

export interface PostgresOptions {
  /** Created on the first start and kept between starts. */
  dataDir: string;
  /** The preferred port. Any other if it is taken. */
  port?: number;
  /** More `-c name=value` settings. A server that is already running keeps its own settings. */
  settings?: Record<string, string>;
}

export interface LocalPostgres extends ServerProcess {
  superuserUrl: string;
  port: number;
  /** True if the server had outlived its parent and was still running. */
  reused: boolean;
}

const SIGNALS = { stop: 'SIGINT', kill: 'SIGQUIT' } as const; // fast and immediate shutdown
const STARTUP_POLL_MS = 50;

/**
 * Starts the PostgreSQL server whose binaries npm ships, on 127.0.0.1 with trust authentication. It is for development and
 * tests, never for production. PostgreSQL refuses to run as root, so under root it runs as uid 65534.
 *
 * A server that outlived its parent still holds the data directory. It is reused on its current port.
 * @throws Error if this platform has no binaries, or the server does not start (with its output)
 */
export async function startPostgres({ dataDir, port, settings = {} }: PostgresOptions): Promise<LocalPostgres> {
  const dir = path.resolve(dataDir);
  const running = await findRunning(dir);
  if (running) return describe(fromPid(running.pid, SIGNALS), running.port, true);

  mkdirSync(path.dirname(dir), { recursive: true }); // no mode, because it would also apply to the parents
  const identity = runAs();
  requirePassable(dir);
  const binaries = await postgresBinaries();
  if (!existsSync(dir)) await initialise(binaries, dir, identity, settings['fsync'] === 'off');

  return onFreePort(port, async (candidate) =>
    describe(await launch(binaries.postgres, dir, candidate, settings, identity), candidate, false),
  );
}

function describe(server: ServerProcess, port: number, reused: boolean): LocalPostgres {
  return { ...server, port, reused, superuserUrl: superuserUrl(port) };
}

const superuserUrl = (port: number) => `postgresql://postgres@127.0.0.1:${port}/postgres`;

/** Creates the data directory. initdb works beside the final directory, so an interrupted start leaves nothing half made. */
async function initialise(binaries: PostgresBinaries, dir: string, identity: RunAs, noSync: boolean): Promise<void> {
  const unfinished = `${dir}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  if (identity.uid !== undefined) chownSync(unfinished, identity.uid, identity.gid);
  const locale = ['-E', 'UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const flags = ['-D', unfinished, '-U', 'postgres', '-A', 'trust', '--no-instructions', ...locale];
  await run(binaries.initdb, noSync ? [...flags, '--no-sync'] : flags, identity).catch((error: unknown) => {
    throw new Error(`PostgreSQL could not create its data directory ${dir}: ${messageOf(error)}`, { cause: error });
  });
  renameSync(unfinished, dir);
}

async function launch(
  binary: string,
  dir: string,
  port: number,
  settings: Record<string, string>,
  identity: RunAs,
): Promise<ServerProcess> {
  const all = { listen_addresses: '127.0.0.1', unix_socket_directories: '', max_connections: '200', ...settings };
  const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(binary, ['-D', dir, '-p', String(port), ...flags], {
    ...identity,
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true, // Ctrl-C in the terminal must not stop it before the processes that still write to it
  });
  const output = lastOutput(child);
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const PortOrOther = output().includes('could not bind') ? PortTakenError : Error;
      reject(new PortOrOther(`PostgreSQL ended with ${signal ?? `exit code ${code}`}: ${output()}`));
    });
    child.stderr.on('data', () => {
      if (output().includes('ready to accept connections')) resolve();
    });
  });
  return fromChild(child, output, SIGNALS);
}

/** The server that holds the data directory, if one runs. A pid file may be stale, so the server itself is asked. */
async function findRunning(dir: string): Promise<{ pid: number; port: number } | undefined> {
  for (;;) {
    const lock = readLock(dir);
    if (!lock || !isAlive(lock.pid)) return undefined;
    try {
      const { rows } = await withClient(superuserUrl(lock.port), (client) =>
        client.query<{ data_directory: string }>('SHOW data_directory'),
      );
      return realpathSync(rows[0]?.data_directory ?? '') === realpathSync(dir) ? lock : undefined;
    } catch (error) {
      // 57P03: starting up, recovering or shutting down. It will soon answer or give up its lock.
      if (codeOf(error) !== '57P03') return undefined;
      await sleep(STARTUP_POLL_MS);
    }
  }
}

/** postmaster.pid: pid in line 1, port in line 4 (PostgreSQL source, miscadmin.h, LOCK_FILE_LINE_*). */
function readLock(dir: string): { pid: number; port: number } | undefined {
  const file = path.join(dir, 'postmaster.pid');
  if (!existsSync(file)) return undefined;
  const lines = readFileSync(file, 'utf8').split('\n');
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  return pid > 0 && port > 0 ? { pid, port } : undefined;
}
