import type { KeyObject } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose/jwk/thumbprint';
import type { PublicKeyRecord } from './license-signer.js';
import { SIGNATURE_ALGORITHM } from './signed-license.js';

/**
 * Describes a public key for publication. The key id is its RFC 7638 SHA-256 thumbprint, so one key has one id wherever it
 * is stored.
 *
 * @throws {TypeError} unless the key is the public half of an RSA-4096 pair
 */
export async function publicKeyRecord(key: KeyObject): Promise<PublicKeyRecord> {
  const { kty, n, e } = key.export({ format: 'jwk' });
  if (key.type !== 'public' || kty !== 'RSA' || !n || !e || key.asymmetricKeyDetails?.modulusLength !== 4096) {
    throw new TypeError('not an RSA-4096 public key');
  }
  const jwk = { kty, n, e } as const;
  return { keyId: await calculateJwkThumbprint(jwk), algorithm: SIGNATURE_ALGORITHM, jwk };
}
