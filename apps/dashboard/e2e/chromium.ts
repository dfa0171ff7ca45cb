import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import chromium, { inflate, setupLambdaEnvironment } from '@sparticuz/chromium';

/** Without a sandbox, as containers run it; and it calls nobody by itself. */
export const chromiumArgs = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-quic',
];

const INSTALLED = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const LIBRARIES = ['/usr/lib/x86_64-linux-gnu', '/lib/x86_64-linux-gnu', '/usr/lib64', '/usr/lib'];

/** A Chromium that needs nothing but `npm ci`: CHROMIUM_PATH, an installed one, else the one in an npm package. */
export async function chromiumPath(): Promise<string> {
  const installed = [process.env['CHROMIUM_PATH'], ...INSTALLED].find((file) => file && existsSync(file));
  if (installed) return installed;
  if (!LIBRARIES.some((dir) => existsSync(path.join(dir, 'libnss3.so')))) {
    const folder = path.dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium'));
    await inflate(path.join(folder, '../bin/al2023.tar.br'));
    setupLambdaEnvironment(path.join(os.tmpdir(), 'al2023/lib'));
  }
  return chromium.executablePath();
}
