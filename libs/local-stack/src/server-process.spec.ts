import { execFileSync, spawn } from 'node:child_process';
import { expect, it } from 'vitest';
import { fromChild, fromPid, isAlive, lastOutput } from './server-process.js';

const SIGNALS = { stop: 'SIGTERM', kill: 'SIGKILL' } as const;

function child(script: string) {
  const spawned = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'pipe'] });
  return fromChild(spawned, lastOutput(spawned), SIGNALS);
}

/** Starts a process whose parent has already ended. */
function orphan(): number {
  const out = execFileSync('sh', ['-c', 'sleep 60 >/dev/null 2>&1 & echo $!'], { encoding: 'utf8' });
  return Number(out);
}

it('reports the exit code and the last output of a child that ended by itself', async () => {
  const { ended } = child('console.log("disk full"); process.exitCode = 3');

  expect(await ended).toEqual({ reason: 'exit code 3', output: 'disk full' });
});

it('reports the signal that ended a child', async () => {
  const server = child('setInterval(() => {}, 1000)');

  server.kill();

  expect(await server.ended).toMatchObject({ reason: 'signal SIGKILL' });
});

it('stops a child, and does nothing when called again', async () => {
  const server = child('setInterval(() => {}, 1000)');

  await server.stop();
  await server.stop();

  expect(isAlive(server.pid)).toBe(false);
});

it('stops a process it did not start', async () => {
  const server = fromPid(orphan(), SIGNALS);
  expect(isAlive(server.pid)).toBe(true);

  await server.stop();

  expect(isAlive(server.pid)).toBe(false);
});

it('notices the end of a process it did not start', async () => {
  const server = fromPid(orphan(), SIGNALS);

  process.kill(server.pid, 'SIGKILL');

  expect(await server.ended).toMatchObject({ reason: 'process gone' });
});
