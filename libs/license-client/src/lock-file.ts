import { randomUUID } from 'node:crypto';
import { readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { isRecord } from './refusal.js';

/** How old a lock may get, in ms. Its holder touches it four times as often. */
const STALE_AFTER_MS = 60_000;
const WAIT_LIMIT_MS = 90_000;
const POLL_MS = 25;

interface Owner {
  id: string;
  pid: number;
  host: string;
}

/**
 * Runs `work` while this process holds the lock file. Waits until the lock is free. A lock is removed if its process has
 * died, or if it was not touched for a minute.
 *
 * @throws {Error} naming the file if the lock stays taken for 90 s; any error of `work`
 */
export async function withLock<Result>(file: string, work: () => Promise<Result>): Promise<Result> {
  const owner: Owner = { id: randomUUID(), pid: process.pid, host: os.hostname() };
  await take(file, owner);
  const touching = setInterval(() => void touch(file), STALE_AFTER_MS / 4).unref();
  try {
    return await work();
  } finally {
    clearInterval(touching);
    await dropOwn(file, owner.id);
  }
}

async function take(file: string, owner: Owner): Promise<void> {
  const giveUpAt = performance.now() + WAIT_LIMIT_MS;
  while (!(await create(file, owner))) {
    if (performance.now() > giveUpAt) throw new Error(`${file} is held by another process; delete it if there is none`);
    const holder = await readOwner(file);
    if (await isStale(file, holder)) await removeStale(file, holder?.id ?? 'unreadable');
    else await delay(POLL_MS + Math.random() * POLL_MS);
  }
}

/** Returns false if the lock file already exists. */
async function create(file: string, owner: Owner): Promise<boolean> {
  try {
    await writeFile(file, JSON.stringify(owner), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  }
}

async function touch(file: string): Promise<void> {
  const now = new Date();
  await utimes(file, now, now).catch(() => undefined);
}

async function isStale(file: string, holder: Owner | undefined): Promise<boolean> {
  if (holder?.host === os.hostname() && !isRunning(holder.pid)) return true;
  const age = await stat(file).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => 0,
  );
  return age > STALE_AFTER_MS;
}

/**
 * Removes a stale lock. Several processes may find the same lock stale, so the right to remove it is itself a file that
 * only one of them can create. Its name contains the stale owner. The process with that right reads the owner again, so
 * that no fresh lock of another process is removed.
 */
async function removeStale(file: string, staleId: string): Promise<void> {
  const right = `${file}.${staleId}`;
  if (!(await create(right, { id: staleId, pid: process.pid, host: os.hostname() }))) {
    if (await isStale(right, await readOwner(right))) await rm(right, { force: true });
    else await delay(POLL_MS);
    return;
  }
  try {
    await dropOwn(file, staleId);
  } finally {
    await rm(right, { force: true });
  }
}

async function dropOwn(file: string, id: string): Promise<void> {
  const holder = await readOwner(file);
  if ((holder?.id ?? 'unreadable') === id) await rm(file, { force: true });
}

/** Returns undefined if the lock is gone, or its process died before it wrote its name. */
async function readOwner(file: string): Promise<Owner | undefined> {
  try {
    const owner: unknown = JSON.parse(await readFile(file, 'utf8'));
    return isOwner(owner) ? owner : undefined;
  } catch {
    return undefined;
  }
}

function isOwner(value: unknown): value is Owner {
  return isRecord(value) && typeof value['id'] === 'string' && typeof value['pid'] === 'number';
}

/** Whether a process with this id runs. A process of another user counts. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isErrno(error, 'EPERM');
  }
}

export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
