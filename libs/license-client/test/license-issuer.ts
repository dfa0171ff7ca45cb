import { generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto';
import { toJwks } from '@coditect/signed-license/jwks';
import { signLicense, type LicenseSigner, type PublicKeyRecord } from '@coditect/signed-license/license-signer';
import { SIGNATURE_ALGORITHM } from '@coditect/signed-license/signed-license';
import type { JSONWebKeySet } from 'jose';
import type { SignedLicense, SignedLicensePayload } from '../src/wire.js';

export const ISSUER = 'https://licenses.coditect.test';

interface Key {
  id: string;
  privateKey: KeyObject;
  publicKey: KeyObject;
}

/** RSA keys are slow to generate, so all issuers of a test file share them. */
const pool: Key[] = [];

/** Signs licenses as the server does, with RSA keys of half the size because they are quicker to generate. */
export class LicenseIssuer {
  readonly #keys: Key[] = [];

  constructor() {
    this.rotate();
  }

  /** Signs with another key from now on. The former keys stay published. */
  rotate(): void {
    const number = this.#keys.length;
    const key = pool[number] ?? { id: randomUUID(), ...generateKeyPairSync('rsa', { modulusLength: 2048 }) };
    pool[number] = key;
    this.#keys.unshift(key);
  }

  jwks(): JSONWebKeySet {
    const records = this.#keys.map(({ id, publicKey }): PublicKeyRecord => {
      const { n = '', e = '' } = publicKey.export({ format: 'jwk' });
      return { keyId: id, algorithm: SIGNATURE_ALGORITHM, jwk: { kty: 'RSA', n, e } };
    });
    return { keys: toJwks(records).keys.map((key) => ({ ...key })) };
  }

  async issue(overrides: Partial<SignedLicensePayload> = {}): Promise<SignedLicense> {
    const iat = Math.floor(Date.now() / 1000);
    return await signLicense(this.#signer(), {
      session_id: randomUUID(),
      license_id: randomUUID(),
      user_id: randomUUID(),
      tenant_id: randomUUID(),
      machine_id: randomUUID(),
      plan_tier: 'team',
      features: ['editor'],
      seat_no: 1,
      iat,
      exp: (overrides.iat ?? iat) + 28_800,
      lease_seconds: 360,
      iss: ISSUER,
      ...overrides,
    });
  }

  #signer(): LicenseSigner {
    const [active] = this.#keys;
    if (!active) throw new Error('no key');
    return {
      algorithm: SIGNATURE_ALGORITHM,
      keyId: () => active.id,
      sign: async (message) => ({ keyId: active.id, signature: sign('sha256', message, active.privateKey) }),
      publicKeys: () => Promise.reject(new Error('not used in these tests')),
    };
  }
}
