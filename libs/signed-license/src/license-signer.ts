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

/** The public half of one key version, in its published form. */
export interface PublicKeyRecord {
  keyId: string;
  algorithm: SignatureAlgorithm;
  /** RSA members of a JWK, base64url (RFC 7518, section 6.3.1). */
  jwk: { kty: 'RSA'; n: string; e: string };
}

/**
 * Holds the signing key. `sign` takes the whole message, because each signer hashes differently: the local signer in
 * OpenSSL, while KMS gets a SHA-256 digest.
 */
export interface LicenseSigner {
  readonly algorithm: SignatureAlgorithm;
  /** Id of the key that `sign` would use now. Synchronous, because the `kid` is part of the signed content. */
  keyId(): string;
  /** Signs with the active key and returns its id. */
  sign(message: Uint8Array): Promise<{ keyId: string; signature: Uint8Array }>;
  /** All key versions that a live license may be signed with, not only the active one. */
  publicKeys(): Promise<PublicKeyRecord[]>;
}

const encoder = new TextEncoder();

/**
 * Signs a payload as a compact JWS. Returns it with its readable parts.
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

/** Returns undefined if the key was rotated after the header named it. Such a token would never verify. */
async function signContent(signer: LicenseSigner, content: string) {
  const kid = signer.keyId();
  const header = encode(JSON.stringify({ alg: JWS_ALGORITHM, kid, typ: TOKEN_TYPE }));
  const { keyId, signature } = await signer.sign(encoder.encode(`${header}.${content}`));
  if (keyId !== kid) return undefined;
  const encoded = encode(signature);
  return { signature: base64FromBase64url(encoded), key_id: kid, token: `${header}.${content}.${encoded}` };
}
