import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { type LocalRedis, startRedis } from './redis.js';
import { isAlive } from './server-process.js';

const base = mkdtempSync(path.join(os.tmpdir(), 'redis-spec-'));
let directories = 0;
const freshDir = () => path.join(base, String(++directories));

const started: LocalRedis[] = [];
async function start(options?: Parameters<typeof startRedis>[0]): Promise<LocalRedis> {
  const redis = await startRedis(options);
  started.push(redis);
  return redis;
}

/** Returns the lines of the answer to one inline command. */
function ask({ port }: LocalRedis, command: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = net.connect(port, '127.0.0.1', () => socket.write(`${command}\r\nQUIT\r\n`));
    socket.on('data', (data) => {
      answer += data.toString();
    });
    socket.once('error', reject);
    socket.once('close', () => resolve(answer.split('\r\n')));
  });
}

afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(started.splice(0).map((redis) => redis.stop()));
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

it('never evicts keys', async () => {
  expect(await ask(await start(), 'CONFIG GET maxmemory-policy')).toContain('noeviction');
});

it('keeps no data without a directory', async () => {
  const redis = await start();

  expect(await ask(redis, 'CONFIG GET appendonly')).toContain('no');
  expect((await ask(redis, 'CONFIG GET save'))[4]).toBe('');
});

it('does not use a foreign Redis on the preferred port, and takes another port', async () => {
  const foreign = await start();

  const redis = await start({ port: foreign.port, dir: freshDir() });

  expect(redis.reused).toBe(false);
  expect(redis.port).not.toBe(foreign.port);
});

it('reports how it ended', async () => {
  const redis = await start();

  process.kill(redis.pid, 'SIGKILL');

  const end = await redis.ended;
  expect(end.reason).toBe('signal SIGKILL');
  expect(end.output).toContain('Ready to accept connections');
});

describe('with a directory', () => {
  it('keeps its data between starts', async () => {
    const dir = freshDir();
    const first = await start({ dir });
    await ask(first, 'SET seat 7');
    await first.stop();

    const second = await start({ dir });

    expect(second.reused).toBe(false);
    expect(await ask(second, 'GET seat')).toContain('7');
  });

  it('reuses a server that outlived its parent, and can stop it', async () => {
    const dir = freshDir();
    const first = await start({ dir });

    const second = await start({ dir });

    expect(second).toMatchObject({ reused: true, port: first.port, pid: first.pid });
    await second.stop();
    expect(isAlive(first.pid)).toBe(false);
  });

  it('does not reuse a Redis of another directory, even on the port of the last start', async () => {
    const other = await start({ dir: freshDir() });
    const dir = freshDir();
    mkdirSync(dir);
    writeFileSync(path.join(dir, 'redis.port'), String(other.port));

    const redis = await start({ dir });

    expect(redis.reused).toBe(false);
    expect(redis.pid).not.toBe(other.pid);
    expect(readFileSync(path.join(dir, 'redis.port'), 'utf8')).toBe(String(redis.port));
  });

  it('keeps its append-only file there', async () => {
    const dir = freshDir();

    await start({ dir });

    expect(existsSync(path.join(dir, 'appendonlydir'))).toBe(true);
  });
});

it('given no redis-server, then the error says in one line how to install it', async () => {
  vi.stubEnv('PATH', base);

  await expect(startRedis()).rejects.toThrow(/^redis-server is not on the PATH.*apt-get install.*REDIS_URL\.$/);
});
