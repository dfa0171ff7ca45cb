import { spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PortTakenError, onFreePort } from './ports.js';
import { type ServerProcess, fromChild, lastOutput } from './server-process.js';
import { systemBinary } from './system-binary.js';

export interface PgBouncerOptions {
  /** The URL of the PostgreSQL server behind PgBouncer, as any of the roles. */
  postgresUrl: string;
  /** The roles that may connect. They need no password, as on the local server. */
  roles: readonly string[];
  /** How many server connections each role may have per database. */
  poolSize: number;
}

export interface LocalPgBouncer extends ServerProcess {
  /** Returns the URL of the server with the pooler as its host. */
  through: (url: string) => string;
}

const SIGNALS = { stop: 'SIGINT', kill: 'SIGKILL' } as const;
/** PgBouncer refuses to run as root. This is the user under which the local PostgreSQL runs, too. */
const NOBODY = 65_534;
const POLL_MS = 20;

/**
 * Starts a private PgBouncer in transaction mode on 127.0.0.1, as production may have one in front of Postgres. It ignores
 * time limits in the connection options, as PgBouncer always does. Such limits must be set on the role.
 * @throws Error if pgbouncer is not installed and cannot be installed, or if it does not start (with its output)
 */
export async function startPgBouncer({ postgresUrl, roles, poolSize }: PgBouncerOptions): Promise<LocalPgBouncer> {
  const binary = await systemBinary('pgbouncer', { also: ['/usr/sbin'] });
  const { hostname, port: serverPort } = new URL(postgresUrl);
  const dir = mkdtempSync(path.join(os.tmpdir(), 'pgbouncer-'));
  const users = path.join(dir, 'users.txt');
  writeFileSync(users, roles.map((role) => `"${role}" ""\n`).join(''));
  return onFreePort(undefined, async (port) => {
    const file = path.join(dir, 'pgbouncer.ini');
    writeFileSync(
      file,
      [
        '[databases]',
        `* = host=${hostname} port=${serverPort}`,
        '[pgbouncer]',
        'listen_addr = 127.0.0.1',
        `listen_port = ${port}`,
        'unix_socket_dir =',
        'auth_type = trust',
        `auth_file = ${users}`,
        'pool_mode = transaction',
        `default_pool_size = ${poolSize}`,
        'max_client_conn = 1000',
        'ignore_startup_parameters = extra_float_digits,statement_timeout,lock_timeout,options',
      ].join('\n'),
    );
    const root = process.getuid?.() === 0;
    if (root) for (const each of [dir, users, file]) chownSync(each, NOBODY, NOBODY);
    chmodSync(dir, 0o700);
    const child = spawn(binary, ['-q', file], {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(root ? { uid: NOBODY, gid: NOBODY } : {}),
    });
    const output = lastOutput(child);
    let failure: Error | undefined;
    child.once('error', (error) => {
      failure = error;
    });
    child.once('close', (code) => {
      const PortOrOther = output().includes('Address already in use') ? PortTakenError : Error;
      failure ??= new PortOrOther(`pgbouncer ended with exit code ${code}: ${output()}`);
    });
    while (!(await accepts(port))) {
      if (failure) throw failure;
      await sleep(POLL_MS);
    }
    const through = (url: string) => {
      const pooled = new URL(url);
      pooled.port = String(port);
      return pooled.href;
    };
    return { ...fromChild(child, output, SIGNALS), through };
  });
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    const answer = (accepted: boolean) => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
  });
}
