import { spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '@coditect/local-stack/errors';
import { type ServerProcess, fromChild, lastOutput } from '@coditect/local-stack/server-process';

const READY_TIMEOUT_MS = 30_000;
const READY_POLL_MS = 100;
const READY_REQUEST_TIMEOUT_MS = 2000;

/**
 * Runs a Node program of the product as a child. Its output goes to `logFile`. The child ends with this process
 * (DIE_WITH_PARENT): it sees the IPC channel close, even if this process is killed with SIGKILL.
 */
export function startService(script: string, env: NodeJS.ProcessEnv, logFile: string): ServerProcess {
  if (!existsSync(script)) throw new Error(`${script} is missing: build the workspace first (npm run build)`);
  mkdirSync(path.dirname(logFile), { recursive: true });
  const child = spawn(process.execPath, ['--enable-source-maps', script], {
    env: { ...env, DIE_WITH_PARENT: '1' },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true, // Ctrl-C in the terminal must reach only this process, which stops the parts in order
  });
  const log = createWriteStream(logFile);
  child.stdout?.pipe(log);
  child.stderr?.pipe(log);
  return fromChild(child, lastOutput(child), { stop: 'SIGTERM', kill: 'SIGKILL' });
}

/**
 * Waits until `url` answers 200.
 * @throws Error after `timeoutMs` milliseconds, with the last answer; the signal's reason if that is aborted first
 */
export async function untilReady(url: string, signal: AbortSignal, timeoutMs = READY_TIMEOUT_MS): Promise<void> {
  const giveUpAt = performance.now() + timeoutMs;
  for (;;) {
    const answer = await probe(url);
    if (answer === 'ready') return;
    signal.throwIfAborted();
    if (performance.now() > giveUpAt) throw new Error(`the API is not ready after ${timeoutMs / 1000} s: ${answer}`);
    await sleep(READY_POLL_MS);
  }
}

async function probe(url: string): Promise<string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(READY_REQUEST_TIMEOUT_MS) });
    return response.ok ? 'ready' : `${url} answers ${response.status} ${await response.text()}`;
  } catch (error) {
    return `${url} does not answer (${messageOf(error)})`;
  }
}
