import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { codeOf } from './errors.js';

/** How a server ended: `reason` such as `exit code 1` or `signal SIGKILL`, and the last lines it printed. */
export interface ServerEnd {
  reason: string;
  output: string;
}

/** A server process on this machine: a child, or a process that outlived its parent and is known by its pid only. */
export interface ServerProcess {
  pid: number;
  /** Resolves when the process has ended for any reason. Does not keep the event loop alive. */
  ended: Promise<ServerEnd>;
  /** Asks the server to shut down cleanly, and waits until it has ended. May be called twice. */
  stop: () => Promise<void>;
  /** Ends the server at once. Acknowledged writes stay durable. */
  kill: () => void;
}

interface StopSignals {
  stop: NodeJS.Signals;
  kill: NodeJS.Signals;
}

/** How much output is kept, in characters. When the heap of Node is full, its output ends with a native stack trace
 *  of some thousand characters. */
const OUTPUT_KEPT = 16_000;
const POLL_MS = 100;

/** Keeps the last output of a child, which must be spawned with a piped stdout or stderr. */
export function lastOutput(child: ChildProcess): () => string {
  let tail = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (data: Buffer) => {
      tail = (tail + data.toString()).slice(-OUTPUT_KEPT);
    });
  return () => tail.trim();
}

/** Resolves once the child is gone and its output is complete. */
export function endOf(child: ChildProcess, output: () => string): Promise<ServerEnd> {
  return new Promise((resolve) => {
    // `close` follows `exit` when the output is complete.
    child.once('close', (code, signalName) =>
      resolve({ reason: signalName ? `signal ${signalName}` : `exit code ${code}`, output: output() }),
    );
  });
}

/**
 * Wraps a running child. The child no longer keeps this process alive, except while `stop` waits for it.
 */
export function fromChild(child: ChildProcess, output: () => string, signals: StopSignals): ServerProcess {
  const { pid } = child;
  if (pid === undefined) throw new Error('the process did not start');
  const ended = endOf(child, output);
  const handles = [child, ...[child.stdout, child.stderr].filter((stream) => stream instanceof net.Socket)];
  for (const handle of handles) handle.unref();
  return {
    pid,
    ended,
    async stop() {
      for (const handle of handles) handle.ref();
      child.kill(signals.stop);
      await ended;
    },
    kill: () => void child.kill(signals.kill),
  };
}

/** Wraps a process that is not our child. Its end is found by polling; its exit code and output are unknown. */
export function fromPid(pid: number, signals: StopSignals): ServerProcess {
  let timer: NodeJS.Timeout;
  const ended = new Promise<ServerEnd>((resolve) => {
    timer = setInterval(() => {
      if (isAlive(pid)) return;
      clearInterval(timer);
      resolve({ reason: 'process gone', output: '' });
    }, POLL_MS);
    timer.unref();
  });
  return {
    pid,
    ended,
    async stop() {
      timer.ref();
      signal(pid, signals.stop);
      await ended;
    },
    kill: () => signal(pid, signals.kill),
  };
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
  return !isZombie(pid);
}

/** Whether an ended orphan still has its pid: the first process of some containers never reaps (Linux, proc(5)). */
function isZombie(pid: number): boolean {
  try {
    return / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/s, ''));
  } catch {
    return false;
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  if (isAlive(pid)) process.kill(pid, name);
}
