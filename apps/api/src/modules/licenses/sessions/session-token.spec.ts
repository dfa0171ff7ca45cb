import { createHash, randomBytes, randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatSessionToken, hashOf, newTokenSalt, parseSessionToken } from './session-token.js';

const key = randomBytes(32);
const license = { tenantId: randomUUID(), licenseId: randomUUID() };
const sessionId = randomUUID();
const salt = newTokenSalt();
const token = formatSessionToken(key, license, sessionId, salt);

const ALPHABET = Array.from({ length: 64 }, (_, i) =>
  Buffer.of(i << 2)
    .toString('base64url')
    .slice(0, 1),
);

describe('a session token', () => {
  it('contains its tenant, license and license session, and yields the stored hash', () => {
    expect(parseSessionToken(token)).toEqual({ ...license, sessionId, tokenHash: hashOf(key, sessionId, salt) });
  });

  it('can be parsed after formatting, for any ids, key and salt', () => {
    const bytes = (length: number) =>
      fc.uint8Array({ minLength: length, maxLength: length }).map((a) => Buffer.from(a));
    fc.assert(
      fc.property(fc.uuid(), fc.uuid(), fc.uuid(), bytes(32), bytes(16), (tenantId, licenseId, id, k, s) => {
        const parsed = parseSessionToken(formatSessionToken(k, { tenantId, licenseId }, id, s));
        expect(parsed).toEqual({ tenantId, licenseId, sessionId: id, tokenHash: hashOf(k, id, s) });
      }),
    );
  });

  it('is the same each time for the same salt, so that a repeated acquire can return it again', () => {
    expect(formatSessionToken(key, license, sessionId, salt)).toBe(token);
  });

  it('has another secret for another salt, another session, and under another key', () => {
    const hashes = [
      hashOf(key, sessionId, salt),
      hashOf(key, sessionId, newTokenSalt()),
      hashOf(key, randomUUID(), salt),
      hashOf(randomBytes(32), sessionId, salt),
    ].map((hash) => hash.toString('hex'));
    expect(new Set(hashes).size).toBe(4);
  });

  it('is based on at least 128 random bits', () => {
    expect(newTokenSalt().length).toBeGreaterThanOrEqual(16);
    expect(newTokenSalt()).not.toEqual(newTokenSalt());
  });

  it('contains neither the salt nor its stored hash, which is the hash of its secret', () => {
    const bytes = Buffer.from(token.slice('cst_'.length), 'base64url');
    const stored = hashOf(key, sessionId, salt);
    expect(bytes.includes(stored)).toBe(false);
    expect(bytes.includes(salt)).toBe(false);
    expect(createHash('sha256').update(bytes.subarray(-32)).digest()).toEqual(stored);
  });

  it('contains only letters, digits, - and _, so that it fits into a header or a file name', () => {
    expect(token).toMatch(/^cst_[\w-]+$/);
    expect(token.length).toBeLessThanOrEqual(256);
  });
});

describe('a text that is not a session token', () => {
  it.each([
    ['nothing', ''],
    ['the prefix alone', 'cst_'],
    ['another prefix', token.replace('cst_', 'xyz_')],
    ['the prefix in capitals', token.replace('cst_', 'CST_')],
    ['one character missing', token.slice(0, -1)],
    ['one character more', `${token}A`],
    ['padding', `${token}=`],
    ['white space around it', ` ${token}`],
    ['a character outside of base64url', token.replace(/.$/, '!')],
    ['the other base64 alphabet', `${token.slice(0, -4)}+/+/`],
  ])('%s is refused', (_what, given) => {
    expect(parseSessionToken(given)).toBeUndefined();
  });

  it('any string is parsed or refused, and never throws', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseSessionToken(text)).toBeUndefined();
        expect(parseSessionToken(`cst_${text}`)).toBeUndefined();
      }),
    );
  });

  it('a changed character gives another session or another hash, or is refused', () => {
    const original = parseSessionToken(token);
    fc.assert(
      fc.property(fc.integer({ min: 4, max: token.length - 1 }), fc.constantFrom(...ALPHABET), (at, character) => {
        fc.pre(token[at] !== character);
        expect(parseSessionToken(token.slice(0, at) + character + token.slice(at + 1))).not.toEqual(original);
      }),
    );
  });
});
