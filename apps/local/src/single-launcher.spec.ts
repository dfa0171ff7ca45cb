import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { freePort } from '@coditect/local-stack/ports';
import { afterAll, expect, it } from 'vitest';
import { claimDataDir } from './single-launcher.js';

const base = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'launcher-spec-')));
afterAll(() => rmSync(base, { recursive: true, force: true }));

it('allows one launcher at a time for a data directory', async () => {
  const dir = path.join(base, 'one');
  await claimDataDir(dir);

  await expect(claimDataDir(dir)).rejects.toThrow(`already running with the data in ${dir}`);
});

it('allows one launcher for each data directory', async () => {
  await claimDataDir(path.join(base, 'this'));

  await expect(claimDataDir(path.join(base, 'that'))).resolves.toBeUndefined();
});

it.each([
  ['that is free again', () => freePort()],
  ['that another program uses now', () => portOfAnotherProgram()],
  ['that is not a number', () => Promise.resolve('lau')],
])('ignores the file of a killed launcher with a port %s', async (_, port) => {
  const dir = mkdtempSync(path.join(base, 'killed-'));
  writeFileSync(path.join(dir, 'launcher.port'), String(await port()));

  await expect(claimDataDir(dir)).resolves.toBeUndefined();
});

async function portOfAnotherProgram(): Promise<number> {
  const port = await freePort();
  const server = net.createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).unref();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return port;
}
