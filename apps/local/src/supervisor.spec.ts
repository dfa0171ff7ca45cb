import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { type ServerProcess, isAlive } from '@coditect/local-stack/server-process';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { startService } from './service.js';
import { Supervisor } from './supervisor.js';

const dir = mkdtempSync(path.join(os.tmpdir(), 'supervisor-spec-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const started: ServerProcess[] = [];
afterEach(() => started.splice(0).forEach((server) => server.kill()));

/** Starts a child process that runs `script`. Resolves when the script has created its marker file. */
async function part(name: string, script: string): Promise<ServerProcess> {
  const file = path.join(dir, `${name}.mjs`);
  const marker = path.join(dir, `${name}.up`);
  rmSync(marker, { force: true });
  writeFileSync(
    file,
    `import { appendFileSync, writeFileSync } from 'node:fs';
     const note = (text) => appendFileSync(${JSON.stringify(journal)}, text + '\\n');
     setInterval(() => {}, 1000);
     ${script}
     writeFileSync(${JSON.stringify(marker)}, '');`,
  );
  const server = startService(file, {}, path.join(dir, `${name}.log`));
  started.push(server);
  await vi.waitUntil(() => readable(marker), { timeout: 10_000, interval: 10 });
  return server;
}
const journal = path.join(dir, 'journal');
const readable = (file: string) => {
  try {
    readFileSync(file);
    return true;
  } catch {
    return false;
  }
};
const journalLines = () => readFileSync(journal, 'utf8').trim().split('\n');

/** Stops slowly, so that the journal would show if all parts were stopped at once. */
const stopsSlowly = (name: string) =>
  `process.on('SIGTERM', () => { note('${name} asked'); setTimeout(() => { note('${name} gone'); process.exit(0); }, 100); });`;
const ignoresRequests = `process.on('SIGTERM', () => {});`;

it('stops the parts one after the other, in reverse order of their start', async () => {
  writeFileSync(journal, '');
  const supervisor = new Supervisor({ report: () => {} });
  for (const name of ['postgres', 'redis', 'api']) await supervisor.start(name, () => part(name, stopsSlowly(name)));

  await supervisor.stop();

  expect(journalLines()).toEqual([
    'api asked',
    'api gone',
    'redis asked',
    'redis gone',
    'postgres asked',
    'postgres gone',
  ]);
  expect(supervisor.crash).toBeUndefined();
});

describe('when a part ends by itself', () => {
  it('reports its name, the reason and its last output', async () => {
    const supervisor = new Supervisor({ report: () => {} });
    await supervisor.start('worker', () =>
      part('worker', `setTimeout(() => { console.error('queue is gone'); process.exit(3); }, 50);`),
    );

    await once(supervisor.ending, 'abort');

    expect(supervisor.crash?.message).toBe('worker ended: exit code 3; its last output:\n  queue is gone');
  });

  it('reports the signal of a part that was killed', async () => {
    const supervisor = new Supervisor({ report: () => {} });
    const api = await supervisor.start('API', () => part('api', ''));

    process.kill(api.pid, 'SIGKILL');
    await once(supervisor.ending, 'abort');

    expect(supervisor.crash?.message).toBe('API ended: signal SIGKILL');
  });

  it('stops the other parts', async () => {
    const supervisor = new Supervisor({ report: () => {} });
    const redis = await supervisor.start('Redis', () => part('redis', ''));
    const api = await supervisor.start('API', () => part('api', ''));
    process.kill(redis.pid, 'SIGKILL');
    await once(supervisor.ending, 'abort');

    await supervisor.stop();

    expect(isAlive(api.pid)).toBe(false);
  });
});

describe('when a stop is requested during the start', () => {
  it('starts no more parts', async () => {
    const supervisor = new Supervisor({ report: () => {} });
    const start = vi.fn<() => Promise<ServerProcess>>();

    supervisor.end();

    await expect(supervisor.start('API', start)).rejects.toMatchObject({ name: 'AbortError' });
    expect(start).not.toHaveBeenCalled();
  });

  it('stops the part that was starting', async () => {
    const supervisor = new Supervisor({ report: () => {} });
    const starting = supervisor.start('API', () => part('api', ''));

    supervisor.end();

    await expect(starting).rejects.toMatchObject({ name: 'AbortError' });
    await supervisor.stop();
    expect(started.map(({ pid }) => isAlive(pid))).toEqual([false]);
  });
});

it('kills a part that does not stop in time, and reports it', async () => {
  const report = vi.fn<(line: string) => void>();
  const supervisor = new Supervisor({ report, stopTimeoutMs: 100 });
  const api = await supervisor.start('API', () => part('api', ignoresRequests));

  await supervisor.stop();

  expect(isAlive(api.pid)).toBe(false);
  expect(report).toHaveBeenCalledExactlyOnceWith('API does not stop: killed');
});

it('when forced, kills all parts at once, even while it waits for one to stop', async () => {
  const supervisor = new Supervisor({ report: () => {} });
  const redis = await supervisor.start('Redis', () => part('redis', ignoresRequests));
  const api = await supervisor.start('API', () => part('api', ignoresRequests));
  const stopping = supervisor.stop();

  supervisor.kill();

  await stopping;
  expect([api, redis].map(({ pid }) => isAlive(pid))).toEqual([false, false]);
});
