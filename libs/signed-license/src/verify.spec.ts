import { afterEach, describe, expect, it, vi } from 'vitest';
import { toJwks } from './jwks.js';
import type { SignedLicense } from './signed-license.js';
import { readTestKeys } from './vectors/test-keys.js';
import { BASE_PAYLOAD, ISSUED_AT, ISSUER, SESSION_END, signedLicense } from './vectors/vector-licenses.js';
import { verifyLicense } from './verify.js';

const keys = await readTestKeys();
const license = signedLicense(BASE_PAYLOAD, keys.active);
const options = { jwks: toJwks([keys.active.record]), issuer: ISSUER };

describe('by default', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('uses the system clock, and accepts an error of less than 60 s', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    vi.setSystemTime((ISSUED_AT - 60) * 1000);
    await expect(verifyLicense(license, options)).resolves.toStrictEqual(BASE_PAYLOAD);
    vi.setSystemTime((ISSUED_AT - 61) * 1000);
    await expect(verifyLicense(license, options)).rejects.toHaveProperty('code', 'not_yet_valid');
    vi.setSystemTime((SESSION_END + 59) * 1000);
    await expect(verifyLicense(license, options)).resolves.toStrictEqual(BASE_PAYLOAD);
    vi.setSystemTime((SESSION_END + 60) * 1000);
    await expect(verifyLicense(license, options)).rejects.toHaveProperty('code', 'expired');
  });

  it('accepts a license of any machine', async () => {
    const now = () => ISSUED_AT;
    await expect(verifyLicense(license, { ...options, now })).resolves.toStrictEqual(BASE_PAYLOAD);
    const machineId = 'a'.repeat(64);
    await expect(verifyLicense(license, { ...options, now, machineId })).rejects.toHaveProperty(
      'code',
      'wrong_machine',
    );
  });
});

describe('given wrong options or a damaged license', () => {
  const now = () => ISSUED_AT;

  it.each([
    ['a clock that returns NaN', { now: () => Number.NaN }, 'not_yet_valid'],
    ['a grace that is NaN', { graceSeconds: Number.NaN }, 'expired'],
    ['an empty key set', { jwks: { keys: [] } }, 'unknown_key'],
    ['the same key twice', { jwks: toJwks([keys.active.record, keys.active.record]) }, 'unknown_key'],
    ['a damaged key', { jwks: { keys: [{ ...options.jwks.keys[0], kty: 'RSA', n: undefined }] } }, 'unknown_key'],
  ])('when the options have %s, then the license is refused', async (_, wrong, code) => {
    await expect(verifyLicense(license, { ...options, now, ...wrong })).rejects.toHaveProperty('code', code);
  });

  it.each<[string, unknown, string]>([
    ['no token', { ...license, token: undefined }, 'malformed'],
    ['no payload', { ...license, payload: undefined }, 'payload_mismatch'],
    ['no signature', { ...license, signature: undefined }, 'payload_mismatch'],
    ['another algorithm', { ...license, algorithm: 'RSA_SIGN_PSS_4096_SHA256' }, 'payload_mismatch'],
    ['another seat in the payload', { ...license, payload: { ...BASE_PAYLOAD, seat_no: 9 } }, 'payload_mismatch'],
  ])('when the stored license has %s, then it is refused', async (_, damaged, code) => {
    const stored: SignedLicense = JSON.parse(JSON.stringify(damaged));
    await expect(verifyLicense(stored, { ...options, now })).rejects.toHaveProperty('code', code);
  });

  it('then the error never contains the token', async () => {
    const error: unknown = await verifyLicense(`${license.token}x`, options).catch((refusal: unknown) => refusal);
    expect(String(error)).toContain('LicenseVerificationError');
    expect(String(error)).not.toContain(license.token.slice(0, 20));
  });
});
