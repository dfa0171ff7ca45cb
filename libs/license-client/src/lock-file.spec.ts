import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isRunning, withLock } from './lock-file.js';

describe('withLock', () => {
  let directory: string;
  let file: string;

  beforeEach(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'lock-'));
    file = path.join(directory, 'lock');
  });
  afterEach(() => rm(directory, { recursive: true }));

  /** Returns how many pieces of work ran at the same time, at most. */
  async function contend(count: number): Promise<number> {
    let running = 0;
    let most = 0;
    const work = async () => {
      running += 1;
      most = Math.max(most, running);
      await turn();
      running -= 1;
    };
    await Promise.all(Array.from({ length: count }, () => withLock(file, work)));
    return most;
  }

  const lockOf = (owner: object) => writeFile(file, JSON.stringify({ id: 'other', host: os.hostname(), ...owner }));
  const endedProcess = () => spawnSync(process.execPath, ['--version']).pid;

  it('runs one piece of work at a time and leaves no files', async () => {
    expect(await contend(8)).toBe(1);
    expect(await readdir(directory)).toEqual([]);
  });

  it('releases the lock after work that fails', async () => {
    await expect(withLock(file, () => Promise.reject(new Error('work')))).rejects.toThrow('work');
    expect(await contend(1)).toBe(1);
  });

  it('given a dead owner and many waiting processes, then exactly one takes the lock over', async () => {
    await lockOf({ pid: endedProcess() });
    expect(await contend(8)).toBe(1);
    expect(await readdir(directory)).toEqual([]);
  });

  it.each([
    ['of another machine', () => lockOf({ pid: 1, host: 'another machine' })],
    ['that was never written', () => writeFile(file, '')],
  ])('takes over a lock %s that was not touched for a minute', async (_name, lock) => {
    await lock();
    await utimes(file, new Date(), new Date(Date.now() - 61_000));
    expect(await contend(4)).toBe(1);
  });

  it('takes over a lock even if another process died while taking it over', async () => {
    await lockOf({ pid: endedProcess() });
    await writeFile(`${file}.other`, JSON.stringify({ id: 'other', pid: endedProcess(), host: os.hostname() }));
    expect(await contend(2)).toBe(1);
    expect(await readdir(directory)).toEqual([]);
  });

  it('waits for a process that is running', async () => {
    await lockOf({ pid: process.pid });
    let done = false;
    const waiting = withLock(file, async () => {
      done = true;
    });
    for (let round = 0; round < 50; round += 1) await turn();
    expect(done).toBe(false);
    await rm(file);
    await waiting;
    expect(done).toBe(true);
  });

  it('rejects if no file can be created', async () => {
    await expect(withLock(path.join(directory, 'missing', 'lock'), async () => 1)).rejects.toThrow('ENOENT');
  });
});

describe('isRunning', () => {
  it('tells a running process from one that has ended', () => {
    expect([isRunning(process.pid), isRunning(spawnSync(process.execPath, ['--version']).pid)]).toEqual([true, false]);
  });
});
