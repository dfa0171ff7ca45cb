import { describe, expect, it } from 'vitest';
import { toJwks } from './jwks.js';
import { LicenseVerificationError } from './license-verification-error.js';
import { readTestKeys } from './vectors/test-keys.js';
import { BASE_PAYLOAD, ISSUED_AT, ISSUER, PAYLOADS, signedLicense } from './vectors/vector-licenses.js';
import { verifyLicense } from './verify.js';

const keys = await readTestKeys();
const options = { jwks: toJwks([keys.active.record]), issuer: ISSUER, now: () => ISSUED_AT };
const { token } = signedLicense(BASE_PAYLOAD, keys.active);
const other = PAYLOADS.map(({ payload }) => signedLicense(payload, keys.active).token)[1] ?? '';

/** Returns the code of the refusal, or `accepted`. Any other error fails the test. */
async function outcome(candidate: string): Promise<string> {
  try {
    await verifyLicense(candidate, options);
    return 'accepted';
  } catch (error) {
    if (error instanceof LicenseVerificationError) return error.code;
    throw error;
  }
}

/** Returns the tokens that verify. The tests expect none. */
async function accepted(candidates: string[]): Promise<string[]> {
  expect(candidates.length).toBeGreaterThan(0);
  expect(candidates).not.toContain(token);
  const outcomes = await Promise.all(candidates.map(outcome));
  return candidates.filter((_, index) => outcomes[index] === 'accepted');
}

function flipBit(position: number, bit: number): string {
  const flipped = String.fromCharCode(token.charCodeAt(position) ^ (1 << bit));
  return token.slice(0, position) + flipped + token.slice(position + 1);
}

const positions = Array.from(token, (_, position) => position);

describe('a tampered token', () => {
  it('is valid before the change', async () => {
    expect([await outcome(token), await outcome(other)]).toStrictEqual(['accepted', 'accepted']);
  });

  it('fails with one bit flipped in any byte of header, payload, signature and dots', async () => {
    expect(await accepted(positions.map((position) => flipBit(position, position % 7)))).toStrictEqual([]);
  });

  it('fails with any of the 8 bits flipped in every 16th byte and around each part boundary', async () => {
    const dots = [...token.matchAll(/\./g)].flatMap(({ index }) => [index - 1, index, index + 1]);
    const sample = [...positions.filter((position) => position % 16 === 0), ...dots, token.length - 1];
    const flips = sample.flatMap((position) => [0, 1, 2, 3, 4, 5, 6, 7].map((bit) => flipBit(position, bit)));
    expect(await accepted(flips)).toStrictEqual([]);
  });

  it('fails with its last character replaced by any other, including other spellings of the same bytes', async () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/='.split('');
    const replaced = alphabet.map((character) => token.slice(0, -1) + character).filter((text) => text !== token);
    expect(await accepted(replaced)).toStrictEqual([]);
  });

  it('fails when truncated anywhere', async () => {
    expect(await accepted(positions.map((length) => token.slice(0, length)))).toStrictEqual([]);
  });

  it('fails with any character removed', async () => {
    const shortened = positions.map((position) => token.slice(0, position) + token.slice(position + 1));
    expect(await accepted(shortened)).toStrictEqual([]);
  });

  it('fails with parts of another valid token, or its own parts in another order', async () => {
    const [header, payload, signature] = token.split('.');
    const [, otherPayload, otherSignature] = other.split('.');
    const mixed = [
      [header, otherPayload, signature],
      [header, payload, otherSignature],
      [payload, header, signature],
      [header, signature, payload],
    ].map((parts) => parts.join('.'));
    expect(await accepted(mixed)).toStrictEqual([]);
  });

  it('fails with parts or white space added', async () => {
    const extended = [
      `${token}.`,
      `.${token}`,
      `${token}.${token}`,
      ` ${token}`,
      `${token} `,
      `${token}\r\n`,
      `\ufeff${token}`,
    ];
    expect(await accepted(extended)).toStrictEqual([]);
  });
});
