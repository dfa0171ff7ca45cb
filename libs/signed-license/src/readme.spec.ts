import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../test/key-files.js';
import { toJwks } from './jwks.js';
import type { SignedLicense } from './signed-license.js';
import { readTestKeys } from './vectors/test-keys.js';
import { BASE_PAYLOAD, signedLicense } from './vectors/vector-licenses.js';

const keys = await readTestKeys();
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const commands = /```bash\n(.+?)```/s.exec(readme)?.[1] ?? '';

async function runReadme(license: SignedLicense) {
  const dir = await temporaryDirectory();
  writeFileSync(path.join(dir, 'jwks.json'), JSON.stringify(toJwks([keys.retired.record, keys.active.record])));
  const env = { ...process.env, KEY_ID: license.key_id, TOKEN: license.token, SIGNATURE: license.signature };
  const { status, stdout, stderr } = spawnSync('bash', ['-c', commands], { cwd: dir, env, encoding: 'utf8' });
  const publicKey = readFileSync(path.join(dir, 'public.pem'), 'utf8').trim();
  return { status, stdout, stderr, publicKey };
}

describe('the OpenSSL commands of the README', () => {
  it('accept a license', async () => {
    const { stdout, stderr, status, publicKey } = await runReadme(signedLicense(BASE_PAYLOAD, keys.active));
    expect({ stdout, stderr, status }).toStrictEqual({ stdout: 'Verified OK\n', stderr: '', status: 0 });
    expect(publicKey).toBe(keys.active.publicKey.export({ type: 'spki', format: 'pem' }).toString().trim());
  });

  it('refuse a license with changed content', async () => {
    const license = signedLicense(BASE_PAYLOAD, keys.active);
    const upgraded = signedLicense({ ...BASE_PAYLOAD, plan_tier: 'enterprise' }, keys.active);
    const { stdout, status } = await runReadme({ ...license, token: upgraded.token });
    expect(stdout).toMatch(/^Verification failure/i);
    expect(status).toBe(1);
  });
});
