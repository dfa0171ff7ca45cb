import { createHash } from 'node:crypto';
import { toJwks } from '../jwks.js';
import { canonicalPayload } from '../payload.js';
import { INPUT, refusedLicenses } from './refused-licenses.js';
import type { TestKey, TestKeys } from './test-keys.js';
import {
  BASE_PAYLOAD,
  ISSUED_AT,
  ISSUER,
  licenseHeader,
  PAYLOADS,
  SESSION_END,
  signedLicense,
  signedToken,
} from './vector-licenses.js';

/** Builds the content of `signed-license.json`. RSASSA-PKCS1-v1_5 is deterministic: the same keys give the same bytes. */
export function buildVectors(keys: TestKeys) {
  const { active, retired, unpublished } = keys;
  return {
    warning: 'The private keys are public, in test-keys.json. Never trust a license signed with one of them.',
    issuer: ISSUER,
    jwks: toJwks([retired.record, active.record]),
    keys: {
      active: publishedForms(active),
      retired: publishedForms(retired),
      unpublished: publishedForms(unpublished),
    },
    signing: PAYLOADS.map(({ name, payload }) => signingVector(name, signedLicense(payload, active))),
    accepted: acceptedLicenses(keys),
    refused: refusedLicenses(keys),
  };
}

function publishedForms({ record, publicKey }: TestKey) {
  return { key_id: record.keyId, public_key_spki: publicKey.export({ type: 'spki', format: 'pem' }).toString() };
}

function signingVector(name: string, license: ReturnType<typeof signedLicense>) {
  const canonical = canonicalPayload(license.payload);
  const signingInput = license.token.slice(0, license.token.lastIndexOf('.'));
  return {
    name,
    canonical_payload: canonical,
    canonical_payload_hex: Buffer.from(canonical).toString('hex'),
    signing_input_sha256: createHash('sha256').update(signingInput).digest('hex'),
    license,
  };
}

function acceptedLicenses({ active, retired }: TestKeys) {
  const license = signedLicense(BASE_PAYLOAD, active);
  const { token } = license;
  const leeway = { clock_tolerance_seconds: 60, grace_seconds: 3600 };
  const later = signedToken(licenseHeader(active), JSON.stringify({ ...BASE_PAYLOAD, region: 'eu' }), active);
  const upperCase = BASE_PAYLOAD.machine_id.toUpperCase();
  return [
    { name: 'token alone', license: token, input: INPUT },
    { name: 'whole license', license, input: INPUT },
    { name: 'signed by a retired key', license: signedLicense(BASE_PAYLOAD, retired), input: INPUT },
    { name: 'in the second it was issued', license: token, input: { ...INPUT, now: ISSUED_AT } },
    { name: 'in its last second', license: token, input: { ...INPUT, now: SESSION_END - 1 } },
    { name: 'issued within the tolerance', license: token, input: { ...INPUT, ...leeway, now: ISSUED_AT - 60 } },
    { name: 'in the last second of grace', license: token, input: { ...INPUT, ...leeway, now: SESSION_END + 3659 } },
    { name: 'a member of a later issuer', license: later, input: INPUT },
    { name: 'machine id in upper case', license: token, input: { ...INPUT, machine_id: upperCase } },
  ];
}
