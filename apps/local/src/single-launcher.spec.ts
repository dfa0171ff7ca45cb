import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { freePort } from '@coditect/local-stack/ports';
import { afterAll, expect, it } from 'vitest';
import { claimDataDir } from './single-launcher.js';

const base = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'launcher-spec-')));
afterAll(() => rmSync(base, { recursive: true, force: true }));

it('lets one launcher have a data directory at a time', async () => {
  const dir = path.join(base, 'one');
  await claimDataDir(dir);

  await expect(claimDataDir(dir)).rejects.toThrow(`already running with the data in ${dir}`);
});

it('lets every data directory have its own launcher', async () => {
  await claimDataDir(path.join(base, 'this'));

  await expect(claimDataDir(path.join(base, 'that'))).resolves.toBeUndefined();
});

it.each([
  ['that nobody has any more', () => freePort()],
  ['that another program has now', () => portOfAnotherProgram()],
  ['that is not a number', () => Promise.resolve('lau')],
])('does not mind what a killed launcher left: a port %s', async (_, port) => {
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
