import { createHmac, sign } from 'node:crypto';
import type { LicenseVerificationCode } from '../license-verification-error.js';
import { canonicalPayload } from '../payload.js';
import type { SignedLicense } from '../signed-license.js';
import type { TestKeys } from './test-keys.js';
import {
  BASE_PAYLOAD,
  ISSUED_AT,
  jwsInput,
  licenseHeader,
  MACHINE_ID,
  PAYLOADS,
  SESSION_END,
  signedLicense,
  signedToken,
} from './vector-licenses.js';

/** The input of a verifier besides key set and issuer. All times are seconds. */
export interface VerificationInput {
  now: number;
  clock_tolerance_seconds: number;
  grace_seconds: number;
  machine_id: string;
}

export interface RefusedLicense {
  name: string;
  code: LicenseVerificationCode;
  license: string | SignedLicense;
  input: VerificationInput;
}

export const INPUT: VerificationInput = {
  now: ISSUED_AT + 60,
  clock_tolerance_seconds: 0,
  grace_seconds: 0,
  machine_id: MACHINE_ID,
};

const CONTENT = canonicalPayload(BASE_PAYLOAD);

/** One license per fault. Everything else about each license is correct. */
export function refusedLicenses(keys: TestKeys): RefusedLicense[] {
  return [
    ...malformed(keys),
    ...wrongHeaders(keys),
    ...wrongSignatures(keys),
    ...wrongClaims(keys),
    ...mismatches(keys),
  ].map(([code, name, license, input]) => ({ name, code, license, input: { ...INPUT, ...input } }));
}

type Fault = [
  LicenseVerificationCode,
  name: string,
  license: string | SignedLicense,
  input?: Partial<VerificationInput>,
];

function malformed({ active }: TestKeys): Fault[] {
  const header = licenseHeader(active);
  const { token } = signedLicense(BASE_PAYLOAD, active);
  const signed = (content: string | Uint8Array) => signedToken(header, content, active);
  return [
    ['malformed', 'empty token', ''],
    ['malformed', 'signature missing', token.slice(0, token.lastIndexOf('.'))],
    ['malformed', 'a fourth part', `${token}.e30`],
    ['malformed', 'signature padded with =', `${token}=`],
    ['malformed', 'line feed at the end', `${token}\n`],
    ['malformed', 'spare bits of the signature set', withSpareBit(token)],
    ['malformed', 'header is not JSON', signedToken('{"alg":"RS256"', CONTENT, active)],
    ['malformed', 'header is a JSON null', signedToken('null', CONTENT, active)],
    ['malformed', 'header names no key', signedToken({ alg: 'RS256', typ: 'license+jwt' }, CONTENT, active)],
    ['malformed', 'unknown critical extension', signedToken({ ...header, crit: ['x'], x: 1 }, CONTENT, active)],
    ['malformed', 'payload is not UTF-8', signed(Buffer.from(`${CONTENT.slice(0, -2)}\u00ff"}`, 'latin1'))],
    ['malformed', 'payload is not an object', signed('[]')],
    ['malformed', 'payload lacks seat_no', signed(CONTENT.replace('"seat_no":3,', ''))],
    ['malformed', 'payload names a member twice', signed(CONTENT.replace('{', '{"plan_tier":"enterprise",'))],
    ['malformed', 'payload with white space', signed(JSON.stringify(BASE_PAYLOAD, null, 1))],
  ];
}

function wrongHeaders({ active, unpublished }: TestKeys): Fault[] {
  const header = licenseHeader(active);
  const token = (changes: object) => signedToken({ ...header, ...changes }, CONTENT, active);
  const hmacInput = jwsInput({ ...header, alg: 'HS256' }, CONTENT);
  const publicPem = active.publicKey.export({ type: 'spki', format: 'pem' });
  const hmac = createHmac('sha256', publicPem).update(hmacInput).digest('base64url');
  const rs512Input = jwsInput({ ...header, alg: 'RS512' }, CONTENT);
  const rs512Signature = sign('sha512', Buffer.from(rs512Input), active.privateKey).toString('base64url');
  const embedded = { jwk: unpublished.publicKey.export({ format: 'jwk' }) };
  return [
    ['unsupported_algorithm', 'alg none without a signature', `${jwsInput({ ...header, alg: 'none' }, CONTENT)}.`],
    ['unsupported_algorithm', 'alg none with the right signature', token({ alg: 'none' })],
    ['unsupported_algorithm', 'HS256 with the public key as secret', `${hmacInput}.${hmac}`],
    ['unsupported_algorithm', 'RS512 with the right key', `${rs512Input}.${rs512Signature}`],
    ['unsupported_algorithm', 'alg in lower case', token({ alg: 'rs256' })],
    ['unsupported_algorithm', 'alg missing', token({ alg: undefined })],
    ['wrong_type', 'an access token of the same key', token({ typ: 'at+jwt' })],
    ['wrong_type', 'typ missing', token({ typ: undefined })],
    ['unknown_key', 'a key the issuer does not publish', signedLicense(BASE_PAYLOAD, unpublished).token],
    [
      'unknown_key',
      'an unpublished key embedded in the header',
      signedToken({ ...licenseHeader(unpublished), ...embedded }, CONTENT, unpublished),
    ],
  ];
}

function wrongSignatures({ active, retired, unpublished }: TestKeys): Fault[] {
  const header = licenseHeader(active);
  const { token } = signedLicense(BASE_PAYLOAD, active);
  const upgraded = signedLicense({ ...BASE_PAYLOAD, plan_tier: 'enterprise' }, active).token;
  const [head, , signature = ''] = token.split('.');
  const hmacInput = jwsInput(header, CONTENT);
  const publicPem = active.publicKey.export({ type: 'spki', format: 'pem' });
  const hmac = createHmac('sha256', publicPem).update(hmacInput).digest('base64url');
  return [
    ['invalid_signature', 'signed by another key under this kid', signedToken(header, CONTENT, unpublished)],
    ['invalid_signature', 'signed by the retired key under this kid', signedToken(header, CONTENT, retired)],
    ['invalid_signature', 'payload of another license', `${head}.${upgraded.split('.')[1]}.${signature}`],
    ['invalid_signature', 'signature empty', `${hmacInput}.`],
    [
      'invalid_signature',
      'signature one byte short',
      `${hmacInput}.${bytesOf(signature).subarray(1).toString('base64url')}`,
    ],
    ['invalid_signature', 'an HMAC under alg RS256', `${hmacInput}.${hmac}`],
  ];
}

function wrongClaims({ active }: TestKeys): Fault[] {
  const { token } = signedLicense(BASE_PAYLOAD, active);
  const otherIssuer = signedLicense({ ...BASE_PAYLOAD, iss: 'https://licenses.example.org' }, active).token;
  const leeway = { clock_tolerance_seconds: 60, grace_seconds: 3600 };
  return [
    ['expired', 'at the session end', token, { now: SESSION_END }],
    ['expired', 'at the end of tolerance and grace', token, { now: SESSION_END + 3660, ...leeway }],
    ['not_yet_valid', 'one second before it was issued', token, { now: ISSUED_AT - 1 }],
    ['not_yet_valid', 'just beyond the tolerance; grace does not help', token, { now: ISSUED_AT - 61, ...leeway }],
    ['wrong_issuer', 'another issuer with the same key', otherIssuer],
    ['wrong_machine', 'another machine', token, { machine_id: BASE_PAYLOAD.session_id }],
  ];
}

function mismatches({ active, retired }: TestKeys): Fault[] {
  const license = signedLicense(BASE_PAYLOAD, active);
  const other = signedLicense(PAYLOADS[1]?.payload ?? BASE_PAYLOAD, active);
  const urlSafe = license.token.slice(license.token.lastIndexOf('.') + 1);
  return [
    ['payload_mismatch', 'readable seat number raised', { ...license, payload: { ...BASE_PAYLOAD, seat_no: 4 } }],
    ['payload_mismatch', 'readable feature added', withFeatures(license, [...BASE_PAYLOAD.features, 'sso'])],
    [
      'payload_mismatch',
      'readable features in another order',
      withFeatures(license, BASE_PAYLOAD.features.toReversed()),
    ],
    ['payload_mismatch', 'payload of another license beside the token', { ...license, payload: other.payload }],
    ['payload_mismatch', 'signature of another license beside the token', { ...license, signature: other.signature }],
    ['payload_mismatch', 'signature in base64url', { ...license, signature: urlSafe }],
    ['payload_mismatch', 'id of another key beside the token', { ...license, key_id: retired.record.keyId }],
  ];
}

function withFeatures(license: SignedLicense, features: string[]): SignedLicense {
  return { ...license, payload: { ...license.payload, features } };
}

/** Sets a spare bit of the last character. 683 base64url characters hold 512 bytes and two spare bits that must be 0. */
function withSpareBit(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return token.slice(0, -1) + alphabet.charAt(alphabet.indexOf(token.slice(-1)) + 1);
}

function bytesOf(base64url: string): Buffer {
  return Buffer.from(base64url, 'base64url');
}
