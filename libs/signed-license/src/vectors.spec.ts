import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { TestSigner } from '../test/test-signer.js';
import { signLicense } from './license-signer.js';
import { LicenseVerificationError } from './license-verification-error.js';
import { canonicalPayload } from './payload.js';
import type { SignedLicense } from './signed-license.js';
import { buildVectors } from './vectors/build-vectors.js';
import type { VerificationInput } from './vectors/refused-licenses.js';
import { readTestKeys, VECTORS_DIRECTORY } from './vectors/test-keys.js';
import { verifyLicense } from './verify.js';

const published: ReturnType<typeof buildVectors> = JSON.parse(
  readFileSync(new URL('signed-license.json', VECTORS_DIRECTORY), 'utf8'),
);
const keys = await readTestKeys();

function verify(license: string | SignedLicense, input: VerificationInput) {
  return verifyLicense(license, {
    jwks: published.jwks,
    issuer: published.issuer,
    now: () => input.now,
    clockToleranceSeconds: input.clock_tolerance_seconds,
    graceSeconds: input.grace_seconds,
    machineId: input.machine_id,
  });
}

describe('published test vectors', () => {
  it('equal those that the sources build (after an intended change: npm run vectors)', () => {
    expect(buildVectors(keys)).toStrictEqual(published);
  });

  it.each(published.signing)('signs byte for byte: $name', async (vector) => {
    expect(canonicalPayload(vector.license.payload)).toBe(vector.canonical_payload);
    expect(Buffer.from(vector.canonical_payload).toString('hex')).toBe(vector.canonical_payload_hex);
    const license = await signLicense(new TestSigner(keys.active), vector.license.payload);
    expect(license).toStrictEqual(vector.license);
  });

  it.each(published.accepted)('accepts: $name', async ({ license, input }) => {
    await expect(verify(license, input)).resolves.toHaveProperty('license_id');
  });

  it.each(published.refused)('refuses as $code: $name', async ({ license, input, code }) => {
    const refusal: unknown = await verify(license, input).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(LicenseVerificationError);
    expect(refusal).toHaveProperty('code', code);
  });

  it('contain at least one license for every code', () => {
    expect(new Set(published.refused.map(({ code }) => code))).toStrictEqual(
      new Set([
        'malformed',
        'unsupported_algorithm',
        'unknown_key',
        'invalid_signature',
        'expired',
        'not_yet_valid',
        'wrong_issuer',
        'wrong_type',
        'wrong_machine',
        'payload_mismatch',
      ]),
    );
  });
});
