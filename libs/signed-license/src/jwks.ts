import type { PublicKeyRecord } from './license-signer.js';
import { JWS_ALGORITHM } from './signed-license.js';

/** One RSA verification key (RFC 7517, section 4; RFC 7518, section 6.3.1). */
export interface LicenseJwk {
  kty: 'RSA';
  kid: string;
  use: 'sig';
  alg: typeof JWS_ALGORITHM;
  n: string;
  e: string;
}

/** The JWK Set to publish (RFC 7517, section 5). Members are copied by name, so a private member is never published. */
export function toJwks(records: readonly PublicKeyRecord[]): { keys: LicenseJwk[] } {
  return {
    keys: records.map(({ keyId, jwk }) => ({
      kty: jwk.kty,
      kid: keyId,
      use: 'sig',
      alg: JWS_ALGORITHM,
      n: jwk.n,
      e: jwk.e,
    })),
  };
}
