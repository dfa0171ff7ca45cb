import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isAlive } from '@coditect/local-stack/server-process';
import { RunningProduct } from './product.js';

let dataDir: string;
beforeAll(async () => {
  dataDir = await RunningProduct.newDataDir();
});
afterAll(() => RunningProduct.remove(dataDir));

const childrenOf = (pid: number): number[] => {
  const table = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' });
  const rows = table
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const direct = rows.filter(([, parent]) => parent === pid).map(([child]) => child!);
  return [...direct, ...direct.flatMap(childrenOf)];
};

describe('the one-command start', () => {
  it('keeps its data between starts, and leaves no process behind after Ctrl-C', async () => {
    const first = await RunningProduct.start(dataDir);
    const before = childrenOf(first.child.pid!);
    expect(before.length).toBeGreaterThanOrEqual(4);
    const jwks = await (await fetch(`${first.url}/.well-known/jwks.json`)).text();
    expect(await first.stop()).toBe(0);
    expect(before.filter(isAlive)).toEqual([]);

    const second = await RunningProduct.start(dataDir);
    expect(await (await fetch(`${second.url}/.well-known/jwks.json`)).text()).toBe(jwks);
    expect(await second.stop()).toBe(0);
  });

  it('recovers after it was killed: only the database servers survive, and the next start reuses them', async () => {
    const killed = await RunningProduct.start(dataDir);
    killed.child.kill('SIGKILL');
    const again = await RunningProduct.start(dataDir);
    expect((await fetch(`${again.url}/readyz`)).status).toBe(200);
    expect(await again.stop()).toBe(0);
  });

  it('reports the crash of one part, stops the others, and exits with 1', async () => {
    const running = await RunningProduct.start(dataDir);
    const parts = childrenOf(running.child.pid!);
    const table = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' });
    const api = table
      .split('\n')
      .find((line) => line.includes('dist/main.js') && parts.includes(Number.parseInt(line, 10)));
    process.kill(Number.parseInt(api!, 10), 'SIGKILL');
    const [code] = (await once(running.child, 'exit')) as [number];
    expect(code).toBe(1);
    expect(running.printed).toMatch(/API .*SIGKILL/);
    expect(parts.filter(isAlive)).toEqual([]);
  });
});
