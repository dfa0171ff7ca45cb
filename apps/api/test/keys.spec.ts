import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { LocalSigner } from '@coditect/signed-license/local-signer';
import { verifyLicense } from '@coditect/signed-license/verify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LICENSE_SIGNER } from '#modules/licenses/signing/license-signing';
import { ApiProcess } from './api-process.js';
import { PRODUCTION, startStack, TestApp, type TestStack } from './app.js';
import { newMachine } from './factory.js';

const CLI = fileURLToPath(new URL('../dist/keys-cli.js', import.meta.url));
const keys = (...args: string[]) => promisify(execFile)(process.execPath, [CLI, ...args]);

let stack: TestStack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.stop());

describe('rotating the license signing key of a running API', () => {
  it('signs with the new version, and licenses signed with the old one stay valid', async () => {
    const api = await TestApp.start(stack);
    const tenant = await api.factory.tenant();
    const acquire = async () =>
      (await api.post('licenses/acquire', { machine_id: newMachine() }, tenant.member.accessToken).expect(201)).body;
    const before = (await acquire()).signed_license;

    const { stdout } = await keys('add-signing-key', stack.keysDir);
    await api.app.get<LocalSigner>(LICENSE_SIGNER).reload(); // happens within a minute in production

    const after = (await acquire()).signed_license;
    expect(stdout).toContain(after.key_id);
    expect(after.key_id).not.toBe(before.key_id);
    const { body: jwks } = await api.http().get('/.well-known/jwks.json').expect(200);
    for (const license of [before, after])
      await expect(verifyLicense(license, { jwks, issuer: api.config.publicUrl })).resolves.toHaveProperty('seat_no');
    await api.stop();
  });
});

describe('a production start', () => {
  let dir: string;
  beforeAll(async () => {
    dir = path.join(await mkdtemp(path.join(os.tmpdir(), 'production-keys-')), 'keys');
  });
  afterAll(() => rm(path.dirname(dir), { recursive: true }));

  it('is refused without keys, and with development keys', async () => {
    const production = { ...PRODUCTION, KEYS_DIR: dir };
    await expect(ApiProcess.start(stack, production)).rejects.toThrow(/ended with 1/);
    await expect(ApiProcess.start(stack, { ...PRODUCTION })).rejects.toThrow(/ended with 1/);
  });

  it('works with keys made by an operator', async () => {
    await keys('init', dir);
    const api = await ApiProcess.start(stack, { ...PRODUCTION, KEYS_DIR: dir });
    expect((await fetch(`${api.baseUrl}/.well-known/jwks.json`)).status).toBe(200);
    expect(await api.stop()).toBe(0);
  });

  it('explains the command if it is used wrongly', async () => {
    await expect(keys('remove-everything', dir)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('usage:'),
    });
  });
});
