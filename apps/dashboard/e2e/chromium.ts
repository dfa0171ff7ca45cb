import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import chromium, { inflate, setupLambdaEnvironment } from '@sparticuz/chromium';
import { installedBrowser } from './installed-browser.js';

/** Containers provide no sandbox. The browser must send no requests of its own. */
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

const LIBRARIES = ['/usr/lib/x86_64-linux-gnu', '/lib/x86_64-linux-gnu', '/usr/lib64', '/usr/lib'];

/** Returns the path of a Chromium: CHROMIUM_PATH, an installed one, or on Linux the one in an npm package. */
export async function chromiumPath(): Promise<string> {
  const installed = installedBrowser({ platform: process.platform, env: process.env, exists: existsSync });
  if (installed) return installed;
  if (process.platform !== 'linux')
    throw new Error('The browser tests need Chrome or Chromium: install one, or set CHROMIUM_PATH to its executable.');
  if (!LIBRARIES.some((dir) => existsSync(path.join(dir, 'libnss3.so')))) {
    const folder = path.dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium'));
    await inflate(path.join(folder, '../bin/al2023.tar.br'));
    setupLambdaEnvironment(path.join(os.tmpdir(), 'al2023/lib'));
  }
  return chromium.executablePath();
}
