import type { SignedLicensePayload } from './payload.js';

/** The signature algorithm as Google Cloud KMS names it, for every signer: RSASSA-PKCS1-v1_5, RSA-4096, SHA-256. */
export const SIGNATURE_ALGORITHM = 'RSA_SIGN_PKCS1_4096_SHA256';
export type SignatureAlgorithm = typeof SIGNATURE_ALGORITHM;

/** The same algorithm as JOSE names it (RFC 7518, section 3.3). */
export const JWS_ALGORITHM = 'RS256';

/** Explicit typing (RFC 8725, section 3.11): an access token signed with the same key is not a license. */
export const TOKEN_TYPE = 'license+jwt';

/** The document that a client program stores and verifies offline. */
export interface SignedLicense {
  /** The content of the token in readable form. */
  payload: SignedLicensePayload;
  /** The token's signature in standard base64 with padding (RFC 4648, section 4). */
  signature: string;
  algorithm: SignatureAlgorithm;
  /** The `kid` of the signing key. */
  key_id: string;
  /** Compact JWS (RFC 7515, section 7.1). Only this part counts as proof. */
  token: string;
}

/** Rewrites unpadded base64url (RFC 4648, section 5) as standard base64 with padding. */
export function base64FromBase64url(text: string): string {
  const standard = text.replaceAll('-', '+').replaceAll('_', '/');
  return standard.padEnd(Math.ceil(standard.length / 4) * 4, '=');
}
