import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';

/** An empty private directory. It is removed after the test. */
export async function temporaryDirectory(): Promise<string> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'signed-license-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  return dir;
}

/** Copies a ready-made key into place, because generating RSA-4096 takes seconds. */
export async function placeKey(dir: string, name: string, pem: string, mode = 0o600): Promise<string> {
  const file = path.join(dir, name);
  await writeFile(file, pem);
  await chmod(file, mode);
  return file;
}
