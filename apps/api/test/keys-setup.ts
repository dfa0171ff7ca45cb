import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { openLocalSigner } from '@coditect/signed-license/local-signer';
import type { TestProject } from 'vitest/node';
import { openKeys } from '#platform/secrets/keys';

declare module 'vitest' {
  interface ProvidedContext {
    /** The keys of a deployment. Made once per run, because RSA-4096 takes seconds; every stack gets a copy. */
    keysDir: string;
  }
}

/** A vitest `globalSetup`. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'api-keys-'));
  await Promise.all([openKeys(dir, 'development'), openLocalSigner(path.join(dir, 'license-signing'))]);
  project.provide('keysDir', dir);
  return () => rm(dir, { recursive: true });
}
