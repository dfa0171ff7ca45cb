import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fromChild, isAlive, lastOutput } from '@coditect/local-stack/server-process';
import { describe, expect, it } from 'vitest';
import { type Server, useServer } from './server.js';

const FOREVER = 'setInterval(() => {}, 1000);';

/** A server whose API process runs any program. */
function serverOf(script: string, ...nodeOptions: string[]) {
  const child = spawn(process.execPath, [...nodeOptions, '-e', script], { stdio: ['ignore', 'pipe', 'pipe'] });
  const api = fromChild(child, lastOutput(child), { stop: 'SIGTERM', kill: 'SIGKILL' });
  const own = { ownerDatabaseUrl: '', env: {}, api };
  const server: Server = { url: '', systemDatabaseUrl: '', pids: {}, clockSkewMs: 0, own, stop: () => api.stop() };
  return { server, api };
}

describe('work on a server', () => {
  it('returns its result, and the server is stopped', async () => {
    const { server, api } = serverOf(FOREVER);
    expect(await useServer(server, async () => 'measured')).toBe('measured');
    expect(isAlive(api.pid)).toBe(false);
  });

  it('when it fails while the API runs, then its own error is thrown and the server is stopped', async () => {
    const { server, api } = serverOf(FOREVER);
    const error = new Error('the export answered 403');
    await expect(useServer(server, () => Promise.reject(error))).rejects.toBe(error);
    expect(isAlive(api.pid)).toBe(false);
  });

  it('when the API ends, then it fails at once with the exit code and the last lines of the API', async () => {
    const { server } = serverOf('console.error("disk full"); process.exitCode = 3');
    await expect(useServer(server, () => sleep(60_000, undefined, { ref: false }))).rejects.toThrow(
      'the API ended: exit code 3\ndisk full',
    );
  });

  it('when the API ends and a connection breaks first, then the end of the API is reported', async () => {
    const { server, api } = serverOf(FOREVER);
    const work = () => {
      setTimeout(api.kill, 200);
      return Promise.reject(new TypeError('terminated'));
    };
    await expect(useServer(server, work)).rejects.toThrow('the API ended: signal SIGKILL\n(it printed nothing)');
  });

  it('when the heap of the API is full, then this is reported without the native frames', async () => {
    const { server } = serverOf('const kept = []; for (;;) kept.push(new Array(1000))', '--max-old-space-size=16');
    const error = await useServer(server, () => sleep(60_000, undefined, { ref: false })).catch(String);
    expect(error).toMatch(/the API ended: signal SIGABRT\n[^]*JavaScript heap out of memory/);
    expect(error).not.toMatch(/0x[0-9a-f]+ v8::/);
  });
});
