import net from 'node:net';
import { expect, it } from 'vitest';
import { PortTakenError, freePort, onFreePort } from './ports.js';

it('returns the preferred port if it is free', async () => {
  const port = await freePort();

  expect(await freePort(port)).toBe(port);
});

it('returns another port if the preferred one is taken', async () => {
  const server = net.createServer();
  const taken = await freePort();
  await new Promise<void>((resolve) => server.listen(taken, '127.0.0.1', resolve));

  const port = await freePort(taken);

  expect(port).toBeGreaterThan(0);
  expect(port).not.toBe(taken);
  await new Promise((resolve) => server.close(resolve));
});

it('starts a server on another port if its port is taken in between', async () => {
  const tried: number[] = [];

  const port = await onFreePort(undefined, (candidate) => {
    tried.push(candidate);
    return tried.length < 3 ? Promise.reject(new PortTakenError()) : Promise.resolve(candidate);
  });

  expect(port).toBe(tried[2]);
});

it('does not restart a server that failed for another reason', async () => {
  let starts = 0;
  const start = () => {
    starts += 1;
    return Promise.reject(new Error('disk full'));
  };

  await expect(onFreePort(undefined, start)).rejects.toThrow('disk full');
  expect(starts).toBe(1);
});
