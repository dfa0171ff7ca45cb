import { calculateJwkThumbprint } from 'jose';
import { describe, expect, it } from 'vitest';
import { toJwks } from './jwks.js';
import { readTestKeys } from './vectors/test-keys.js';

const { active, retired } = await readTestKeys();

describe('published key set', () => {
  it('describes each key for RS256 signatures under its RFC 7638 thumbprint', async () => {
    const { n, e } = active.publicKey.export({ format: 'jwk' });
    expect(toJwks([retired.record, active.record]).keys[1]).toStrictEqual({
      kty: 'RSA',
      kid: await calculateJwkThumbprint({ kty: 'RSA', n: n ?? '', e: e ?? '' }, 'sha256'),
      use: 'sig',
      alg: 'RS256',
      n,
      e: 'AQAB',
    });
  });

  it('never publishes a private member, even if one is passed in', () => {
    const privateJwk = active.privateKey.export({ format: 'jwk' });
    const record = { ...active.record, jwk: { ...privateJwk, ...active.record.jwk } };
    expect(record.jwk).toHaveProperty('d');
    expect(Object.keys(toJwks([record]).keys[0] ?? {}).toSorted()).toStrictEqual([
      'alg',
      'e',
      'kid',
      'kty',
      'n',
      'use',
    ]);
  });
});
