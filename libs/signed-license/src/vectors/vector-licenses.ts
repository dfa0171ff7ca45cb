import { constants, createHash, sign } from 'node:crypto';
import { canonicalPayload, type SignedLicensePayload } from '../payload.js';
import { SIGNATURE_ALGORITHM, type SignedLicense } from '../signed-license.js';
import type { TestKey } from './test-keys.js';

export const ISSUER = 'https://licenses.example.com';
export const ISSUED_AT = 1_767_225_600; // 2026-01-01T00:00:00Z
export const SESSION_END = ISSUED_AT + 8 * 3600;
export const MACHINE_ID = '9f2b6c1e-5d3a-4e8f-b7a0-1c2d3e4f5a6b';

export const BASE_PAYLOAD: SignedLicensePayload = {
  session_id: '01942000-0000-7000-8000-000000000001',
  license_id: '01942000-0000-7000-8000-000000000002',
  user_id: '01942000-0000-7000-8000-000000000003',
  tenant_id: '01942000-0000-7000-8000-000000000004',
  machine_id: MACHINE_ID,
  plan_tier: 'team',
  features: ['offline', 'priority_support'],
  seat_no: 3,
  iat: ISSUED_AT,
  exp: SESSION_END,
  lease_seconds: 360,
  iss: ISSUER,
};

/** Payloads whose bytes are easy to get wrong in other languages. */
export const PAYLOADS: { name: string; payload: SignedLicensePayload }[] = [
  { name: 'team license, UUID machine id', payload: BASE_PAYLOAD },
  {
    name: 'free license without features, SHA-256 machine id, shortest session',
    payload: {
      ...BASE_PAYLOAD,
      machine_id: createHash('sha256').update('a machine').digest('hex'),
      plan_tier: 'free',
      features: [],
      seat_no: 1,
      exp: ISSUED_AT + 1,
      lease_seconds: 1,
    },
  },
  {
    name: 'enterprise license with text that JSON writers escape differently',
    payload: {
      ...BASE_PAYLOAD,
      plan_tier: 'enterprise',
      features: ['größe', '"quoted"', 'back\\slash', 'a/b', '<&>', 'tab\t', 'bell\u0007', 'line\u2028', '😀'],
    },
  },
];

/** The protected header of a license, in the signer's order. */
export function licenseHeader(key: TestKey) {
  return { alg: 'RS256', kid: key.record.keyId, typ: 'license+jwt' };
}

/** Signs without the library's own signer, so that the vectors test the signer. */
export function signedLicense(payload: SignedLicensePayload, key: TestKey): SignedLicense {
  const signingInput = jwsInput(licenseHeader(key), canonicalPayload(payload));
  const signature = rsaSignature(signingInput, key);
  return {
    payload,
    signature: signature.toString('base64'),
    algorithm: SIGNATURE_ALGORITHM,
    key_id: key.record.keyId,
    token: `${signingInput}.${signature.toString('base64url')}`,
  };
}

/** A token with any header and content, signed as RS256 regardless of the header. */
export function signedToken(header: object | string, content: string | Uint8Array, key: TestKey): string {
  const signingInput = jwsInput(header, content);
  return `${signingInput}.${rsaSignature(signingInput, key).toString('base64url')}`;
}

export function jwsInput(header: object | string, content: string | Uint8Array): string {
  const text = typeof header === 'string' ? header : JSON.stringify(header);
  return `${Buffer.from(text).toString('base64url')}.${Buffer.from(content).toString('base64url')}`;
}

function rsaSignature(message: string, key: TestKey): Buffer {
  return sign('sha256', Buffer.from(message), { key: key.privateKey, padding: constants.RSA_PKCS1_PADDING });
}
