import type { JSONWebKeySet } from 'jose';
import { decode, encode } from 'jose/base64url';
import { createLocalJWKSet } from 'jose/jwks/local';
import { compactVerify } from 'jose/jws/compact/verify';
import { LicenseVerificationError, type LicenseVerificationCode } from './license-verification-error.js';
import { canonicalPayload, parsePayload, type SignedLicensePayload } from './payload.js';
import {
  base64FromBase64url,
  JWS_ALGORITHM,
  SIGNATURE_ALGORITHM,
  TOKEN_TYPE,
  type SignedLicense,
} from './signed-license.js';

export interface VerifyLicenseOptions {
  /** The issuer's published keys, `/.well-known/jwks.json`. Keys in a token's header are never used. */
  jwks: JSONWebKeySet;
  /** The only accepted `iss`. */
  issuer: string;
  /** Seconds since the Unix epoch; the system clock by default. */
  now?: () => number;
  /** Tolerated error of this machine's clock, in seconds, for `iat` and `exp`. 60 by default. */
  clockToleranceSeconds?: number;
  /** How long a license still counts after the session end, in seconds, to bridge an outage. 0 by default. */
  graceSeconds?: number;
  /** Accept only a license of this machine: a UUID or hex digest. Case does not matter. */
  machineId?: string;
}

/**
 * Verifies a signed license offline with WebCrypto alone, so browsers, workers, Deno and Node run it unchanged. The token
 * is the only proof. If a whole `SignedLicense` is given, its readable parts must agree with the token.
 *
 * @returns the payload that the issuer signed
 * @throws {LicenseVerificationError} with the `code` of the first check that failed
 */
export async function verifyLicense(
  license: string | SignedLicense,
  options: VerifyLicenseOptions,
): Promise<SignedLicensePayload> {
  const token: unknown = typeof license === 'string' ? license : license.token;
  const { header, signature } = splitToken(token);
  const kid = readHeader(header);
  const content = await verifySignature(String(token), kid, options.jwks);
  const payload = readPayload(content);
  if (typeof license !== 'string') assertSameLicense(license, { payload, signature, kid });
  assertClaims(payload, options);
  return payload;
}

/**
 * Splits and decodes a token. Base64 has several spellings of the same bytes (spare trailing bits, padding, two
 * alphabets). Only the canonical one is accepted (RFC 4648, section 3.5), so that no character can change unnoticed.
 */
function splitToken(token: unknown) {
  const [header, content, signature, ...rest] = typeof token === 'string' ? token.split('.') : [];
  if (header === undefined || content === undefined || signature === undefined || rest.length > 0) {
    throw refusal('malformed', 'not a compact JWS of three parts');
  }
  for (const part of [header, content, signature]) {
    if (!isBase64url(part)) throw refusal('malformed', 'a part of the token is not canonical base64url');
  }
  return { header, signature };
}

function isBase64url(text: string): boolean {
  try {
    return encode(decode(text)) === text;
  } catch {
    return false;
  }
}

/** Checks the header before it selects a key (RFC 8725, section 3.1). Returns the `kid`. */
function readHeader(encoded: string): string {
  const header = parseJson(decode(encoded)).value;
  if (typeof header !== 'object' || header === null) throw refusal('malformed', 'the header is not a JSON object');
  const members = new Map<string, unknown>(Object.entries(header));
  const kid = members.get('kid');
  if (members.get('alg') !== JWS_ALGORITHM) throw refusal('unsupported_algorithm', `only ${JWS_ALGORITHM} is accepted`);
  if (members.get('typ') !== TOKEN_TYPE) throw refusal('wrong_type', `the token's type is not ${TOKEN_TYPE}`);
  if (members.has('crit')) throw refusal('malformed', 'the header names an unknown critical extension');
  if (typeof kid !== 'string') throw refusal('malformed', 'the header names no key');
  return kid;
}

async function verifySignature(token: string, kid: string, jwks: JSONWebKeySet): Promise<Uint8Array> {
  const key = await findKey(kid, jwks);
  try {
    const { payload } = await compactVerify(token, key, { algorithms: [JWS_ALGORITHM] });
    return payload;
  } catch (cause) {
    throw refusal('invalid_signature', 'the signature does not belong to this token and key', cause);
  }
}

async function findKey(kid: string, jwks: JSONWebKeySet) {
  try {
    return await createLocalJWKSet(jwks)({ alg: JWS_ALGORITHM, kid });
  } catch (cause) {
    throw refusal('unknown_key', 'the key set holds no usable key of that id', cause);
  }
}

/** Refuses a duplicated member even if it is signed: two parsers could read it differently (RFC 8725, section 2.4). */
function readPayload(content: Uint8Array): SignedLicensePayload {
  const { text, value } = parseJson(content);
  if (JSON.stringify(value) !== text) throw refusal('malformed', 'the payload is not in its canonical form');
  return orRefuse('malformed', 'the payload is not that of a signed license', () => parsePayload(value));
}

function parseJson(bytes: Uint8Array): { text: string; value: unknown } {
  return orRefuse('malformed', 'a part of the token is not JSON in UTF-8', () => {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return { text, value: JSON.parse(text) as unknown };
  });
}

function assertSameLicense(
  license: SignedLicense,
  token: { payload: SignedLicensePayload; signature: string; kid: string },
): void {
  const message = 'the readable parts differ from the token';
  const readable = orRefuse('payload_mismatch', message, () => parsePayload(license.payload));
  const same =
    canonicalPayload(readable) === canonicalPayload(token.payload) &&
    license.signature === base64FromBase64url(token.signature) &&
    license.key_id === token.kid &&
    license.algorithm === SIGNATURE_ALGORITHM;
  if (!same) throw refusal('payload_mismatch', message);
}

function assertClaims(payload: SignedLicensePayload, options: VerifyLicenseOptions): void {
  const { issuer, machineId, now = systemSeconds, clockToleranceSeconds = 60, graceSeconds = 0 } = options;
  if (payload.iss !== issuer) throw refusal('wrong_issuer', 'another issuer made this license');
  if (machineId !== undefined && payload.machine_id.toLowerCase() !== machineId.toLowerCase()) {
    throw refusal('wrong_machine', 'the license belongs to another machine');
  }
  const seconds = now();
  // Positive conditions, so that a clock that returns NaN refuses. `exp` itself is already too late (RFC 7519, section 4.1.4).
  const begun = payload.iat <= seconds + clockToleranceSeconds;
  const running = seconds < payload.exp + clockToleranceSeconds + graceSeconds;
  if (!begun) throw refusal('not_yet_valid', 'the license was issued in the future');
  if (!running) throw refusal('expired', 'the license has expired');
}

function systemSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

function orRefuse<T>(code: LicenseVerificationCode, message: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw refusal(code, message, cause);
  }
}

function refusal(code: LicenseVerificationCode, message: string, cause?: unknown): LicenseVerificationError {
  return new LicenseVerificationError(code, message, { cause });
}
