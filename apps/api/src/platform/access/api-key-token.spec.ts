import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { newApiKey, parseApiKey } from './api-key-token.js';

const tenantId = randomUUID();

describe('an API key', () => {
  it('carries its tenant, and the hash that is stored', () => {
    const { key, hash } = newApiKey(tenantId);
    expect(key).toMatch(/^cak_[\w-]{70}$/);
    expect(parseApiKey(key)).toEqual({ tenantId, hash });
  });

  it('is different each time, and so is its hash', () => {
    const keys = Array.from({ length: 100 }, () => newApiKey(tenantId));
    expect(new Set(keys.map(({ key }) => key)).size).toBe(100);
    expect(new Set(keys.map(({ hash }) => Buffer.from(hash).toString('hex'))).size).toBe(100);
  });

  it('has a prefix to recognise it by, which does not reveal the secret', () => {
    const { key, prefix } = newApiKey(tenantId);
    expect(prefix).toBe(`cak_…${key.slice(-6)}`);
  });
});

describe('a text that is not an API key', () => {
  const { key } = newApiKey(tenantId);

  it('is detected by its checksum, without a database query, if any one character is wrong', () => {
    for (let at = 4; at < key.length; at += 1) {
      const wrong = key.slice(0, at) + (key[at] === 'A' ? 'B' : 'A') + key.slice(at + 1);
      expect([at, parseApiKey(wrong)]).toEqual([at, undefined]);
    }
  });

  it.each([
    ['nothing', ''],
    ['the prefix', 'cak_'],
    ['another prefix', key.replace('cak_', 'crt_')],
    ['the prefix in capitals', key.replace('cak_', 'CAK_')],
    ['a key that was cut', key.slice(0, -1)],
    ['a key with more behind it', `${key}A`],
    ['padding', `${key}==`],
    ['blanks', ` ${key} `],
    ['garbage', `cak_${'A'.repeat(70)}`],
  ])('%s', (_, text) => {
    expect(parseApiKey(text)).toBeUndefined();
  });

  it('is another Base64 spelling of the same bytes', () => {
    const bytesOf = (text: string) => Buffer.from(text.slice('cak_'.length), 'base64url').toString('hex');
    // 52 bytes leave four bits of the last character unused.
    const spellings = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_')
      .map((last) => key.slice(0, -1) + last)
      .filter((text) => text !== key && bytesOf(text) === bytesOf(key));
    expect(spellings).toHaveLength(15);
    for (const spelling of spellings) expect(parseApiKey(spelling)).toBeUndefined();
  });
});
