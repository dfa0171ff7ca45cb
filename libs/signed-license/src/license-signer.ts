import { encode } from 'jose/base64url';
import { canonicalPayload, parsePayload, type SignedLicensePayload } from './payload.js';
import {
  base64FromBase64url,
  JWS_ALGORITHM,
  SIGNATURE_ALGORITHM,
  TOKEN_TYPE,
  type SignatureAlgorithm,
  type SignedLicense,
} from './signed-license.js';

/** The public half of one key version, as it is published. */
export interface PublicKeyRecord {
  keyId: string;
  algorithm: SignatureAlgorithm;
  /** RSA members of a JWK, base64url (RFC 7518, section 6.3.1). */
  jwk: { kty: 'RSA'; n: string; e: string };
}

/**
 * Holds the signing key, wherever it lives. `sign` takes the whole message so that each signer hashes it its own way:
 * OpenSSL in the local signer, a SHA-256 digest sent to KMS.
 */
export interface LicenseSigner {
  readonly algorithm: SignatureAlgorithm;
  /** The key `sign` would use now. Synchronous, because the `kid` is part of what is signed. */
  keyId(): string;
  /** Signs with the active key; `keyId` tells which one that was. */
  sign(message: Uint8Array): Promise<{ keyId: string; signature: Uint8Array }>;
  /** Every version a live license may be signed with, not only the active one. */
  publicKeys(): Promise<PublicKeyRecord[]>;
}

const encoder = new TextEncoder();

/**
 * Signs a payload as a compact JWS and returns it with its readable parts.
 *
 * @throws {InvalidPayloadError} before signing, if a verifier would refuse the payload
 */
export async function signLicense(signer: LicenseSigner, payload: SignedLicensePayload): Promise<SignedLicense> {
  const checked = parsePayload(payload);
  const content = encode(canonicalPayload(checked));
  const signed = (await signContent(signer, content)) ?? (await signContent(signer, content));
  if (!signed) throw new Error('the signer changed its active key twice while signing one license');
  return { payload: checked, algorithm: SIGNATURE_ALGORITHM, ...signed };
}

/** Undefined if the key was rotated between naming it in the header and signing: such a token would never verify. */
async function signContent(signer: LicenseSigner, content: string) {
  const kid = signer.keyId();
  const header = encode(JSON.stringify({ alg: JWS_ALGORITHM, kid, typ: TOKEN_TYPE }));
  const { keyId, signature } = await signer.sign(encoder.encode(`${header}.${content}`));
  if (keyId !== kid) return undefined;
  const encoded = encode(signature);
  return { signature: base64FromBase64url(encoded), key_id: kid, token: `${header}.${content}.${encoded}` };
}
