import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PortTakenError, onFreePort } from './ports.js';
import { type ServerProcess, fromChild, fromPid, lastOutput } from './server-process.js';
import { systemBinary } from './system-binary.js';

export interface RedisOptions {
  /** The preferred port. Any other if it is taken. */
  port?: number;
  /** The directory of the append-only file. If it is missing, nothing is persisted. */
  dir?: string;
  /** Called once before the system's package manager installs redis-server, which takes a while. */
  onInstall?: () => void;
}

export interface LocalRedis extends ServerProcess {
  url: string;
  port: number;
  /** True if the server had outlived its parent and was still running. */
  reused: boolean;
}

const SIGNALS = { stop: 'SIGTERM', kill: 'SIGKILL' } as const;
const STARTUP_POLL_MS = 20;
const ANSWER_TIMEOUT_MS = 1000;

/**
 * Starts a private redis-server on 127.0.0.1. A foreign Redis is never used, even if it answers on the preferred port. Our
 * own server that outlived its parent is reused, because two servers must not share an append-only file.
 * @throws Error if redis-server is not installed and cannot be installed, or if it does not start (with its output)
 */
export async function startRedis({ port, dir, onInstall }: RedisOptions = {}): Promise<LocalRedis> {
  if (dir) mkdirSync(dir, { recursive: true });
  const running = dir ? await findRunning(dir) : undefined;
  if (running) return describe(fromPid(running.pid, SIGNALS), running.port, true);

  const binary = await systemBinary('redis-server', {
    elsewhere: 'macOS: brew install redis) or set REDIS_URL',
    onInstall,
  });
  return onFreePort(port, async (candidate) => describe(await launch(binary, candidate, dir), candidate, false));
}

function describe(server: ServerProcess, port: number, reused: boolean): LocalRedis {
  return { ...server, port, reused, url: `redis://127.0.0.1:${port}` };
}

async function launch(binary: string, port: number, dir: string | undefined): Promise<ServerProcess> {
  const persistence = dir ? ['--appendonly', 'yes'] : ['--appendonly', 'no'];
  // Written before the start, so that a server of ours can always be found again.
  if (dir) writeFileSync(portFile(dir), String(port));
  const child = spawn(
    binary,
    // The queues of BullMQ and the seat ledger must never be evicted.
    ['--port', String(port), '--bind', '127.0.0.1', '--maxmemory-policy', 'noeviction', '--save', '']
      .concat(persistence)
      .concat('--dir', dir ?? os.tmpdir()),
    // Its own process group: Ctrl-C in the terminal must not stop it before the processes that still write to it.
    { stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  );
  const output = lastOutput(child);
  let failure: Error | undefined;
  child.once('error', (error) => {
    failure = error;
  });
  child.once('close', (code, signal) => {
    const PortOrOther = output().includes('Address already in use') ? PortTakenError : Error;
    failure ??= new PortOrOther(`redis-server ended with ${signal ?? `exit code ${code}`}: ${output()}`);
  });
  // Check that the answer comes from our child: another Redis may have taken the port in between.
  for (;;) {
    if (failure) throw failure;
    const info = await serverInfo(port);
    if (info?.pid === child.pid && !info?.loading) return fromChild(child, output, SIGNALS);
    await sleep(STARTUP_POLL_MS);
  }
}

/** The server whose append-only file is in `dir`, if one runs. The server is asked, because the port may be reused. */
async function findRunning(dir: string): Promise<{ pid: number; port: number } | undefined> {
  if (!existsSync(portFile(dir))) return undefined;
  const port = Number(readFileSync(portFile(dir), 'utf8'));
  const configured = await ask(port, 'CONFIG GET dir');
  if (configured.split('\r\n')[4] !== realpathSync(dir)) return undefined;
  for (;;) {
    const info = await serverInfo(port);
    if (!info?.loading) return info && { pid: info.pid, port };
    await sleep(STARTUP_POLL_MS);
  }
}

async function serverInfo(port: number): Promise<{ pid: number; loading: boolean } | undefined> {
  const info = await ask(port, 'INFO');
  const pid = Number(/^process_id:(\d+)/m.exec(info)?.[1]);
  return pid ? { pid, loading: !/^loading:0/m.test(info) } : undefined;
}

const portFile = (dir: string) => path.join(dir, 'redis.port');

/** Returns the whole answer to one inline command (Redis protocol), or '' without an answer. */
function ask(port: number, command: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = net.connect(port, '127.0.0.1', () => socket.write(`${command}\r\nQUIT\r\n`));
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => socket.destroy());
    socket.on('data', (data) => {
      answer += data.toString();
    });
    socket.on('error', () => socket.destroy());
    socket.once('close', () => resolve(answer));
  });
}
