import { answerOf } from '@coditect/api-client/api-client';
import {
  LicenseVerificationError,
  type LicenseVerificationCode,
} from '@coditect/signed-license/license-verification-error';
import type { SignedLicensePayload } from '@coditect/signed-license/payload';
import type { SignedLicense } from '@coditect/signed-license/signed-license';
import { verifyLicense } from '@coditect/signed-license/verify';
import { api } from '#session/api';

export type Verdict =
  | { valid: true; payload: SignedLicensePayload }
  | { valid: false; code: LicenseVerificationCode; reason: string };

/** Verifies a pasted text in the browser: a signed license, a response of acquire, or a compact JWS. The license must
 *  be signed by a key of this installation. The issuer is taken from the license itself, and is shown.
 *  @throws ApiProblem when the keys cannot be loaded */
export async function verdictOn(text: string): Promise<Verdict> {
  const license = readLicense(text.trim());
  const jwks = await answerOf(api.GET('/.well-known/jwks.json'));
  try {
    const token = typeof license === 'string' ? license : license.token;
    return { valid: true, payload: await verifyLicense(license, { jwks, issuer: issuerOf(token) }) };
  } catch (error) {
    if (!(error instanceof LicenseVerificationError)) throw error;
    return { valid: false, code: error.code, reason: error.message };
  }
}

function readLicense(text: string): SignedLicense | string {
  const parsed = parse(text);
  const license = isRecord(parsed) && isRecord(parsed['signed_license']) ? parsed['signed_license'] : parsed;
  return isSignedLicense(license) ? license : text;
}

/** Checks only what the verifier needs; it checks the rest. */
function isSignedLicense(value: unknown): value is SignedLicense {
  return isRecord(value) && typeof value['token'] === 'string';
}

/** Returns the issuer that the license claims. Only the signature proves the claim. */
function issuerOf(token: string): string {
  const [, content = ''] = token.split('.');
  const payload = parse(atobOrNothing(content.replaceAll('-', '+').replaceAll('_', '/')));
  return isRecord(payload) && typeof payload['iss'] === 'string' ? payload['iss'] : '';
}

function atobOrNothing(base64: string): string {
  try {
    return atob(base64);
  } catch {
    return '';
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
