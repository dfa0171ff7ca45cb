import { z } from 'zod';
import { example } from './examples.js';
import { Id, PageQuery, PlanTier, SearchText, STORABLE_TEXT, Timestamp, pageOf } from './common.js';
import { licenseSessionStatuses } from './names.js';

/** A UUID, or a SHA-256 in hex. Case does not matter. */
export const MachineId = z
  .string()
  .regex(
    /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{64})$/i,
    'must be a UUID or the 64 hex digits of a SHA-256',
  )
  .transform((id) => id.toLowerCase());

const storable = { pattern: STORABLE_TEXT, message: 'must not contain NUL or half a surrogate pair' };

export const Feature = z.string().min(1).max(100).regex(storable.pattern, storable.message);

const MAX_FINGERPRINT_BYTES = 8 * 1024;
const MAX_FINGERPRINT_DEPTH = 16;

/** What a client knows about its machine. Stored unchanged, so its size is limited. */
export const HardwareFingerprint = z
  .record(z.string().min(1).max(64), z.unknown())
  .refine(isShallow, { message: `must be nested at most ${MAX_FINGERPRINT_DEPTH} levels`, abort: true })
  .refine(
    (value) => new TextEncoder().encode(JSON.stringify(value)).length <= MAX_FINGERPRINT_BYTES,
    'must be at most 8 KiB of JSON',
  )
  .refine(isStorable, storable.message);

/** Checked level by level instead of recursively: 8 KiB can hold 4,000 levels. */
function isShallow(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_FINGERPRINT_DEPTH) return false;
    level = level.flatMap((member) => (typeof member === 'object' && member !== null ? Object.values(member) : []));
  }
  return true;
}

function isStorable(value: unknown): boolean {
  let storableSoFar = true;
  JSON.stringify(value, (key, member: unknown) => {
    storableSoFar &&= STORABLE_TEXT.test(key) && (typeof member !== 'string' || STORABLE_TEXT.test(member));
    return member;
  });
  return storableSoFar;
}

const signedLicenseExample = {
  payload: {
    session_id: example.sessionId,
    license_id: example.licenseId,
    user_id: example.userId,
    tenant_id: example.tenantId,
    machine_id: example.machineId,
    plan_tier: 'team',
    features: ['editor', 'agents'],
    seat_no: 1,
    iat: 1_795_339_800,
    exp: 1_795_368_600,
    lease_seconds: 360,
    iss: 'https://licenses.example.com',
  },
  signature: 'b0pU…',
  algorithm: 'RSA_SIGN_PKCS1_4096_SHA256',
  key_id: 'local-2026-11',
  token: 'eyJhbGciOiJSUzI1NiIs….eyJzZXNzaW9uX2lkIjoi….b0pU…',
};
const grantExample = {
  session_token: 'cst_AZWkv44dfDqfQmHXsMXooQ…',
  session_id: example.sessionId,
  license_id: example.licenseId,
  seat_no: 1,
  lease_expires_at: '2026-11-22T09:36:00.000Z',
  heartbeat_interval_seconds: 120,
  expires_at: example.later,
  features: ['editor', 'agents'],
  signed_license: signedLicenseExample,
};

export const DEFAULT_PRODUCT = 'coditect';

export const AcquireRequest = z
  .strictObject({
    machine_id: MachineId,
    hardware_fingerprint: HardwareFingerprint.optional(),
    license_key: z.string().min(1).max(64).optional(),
    product: z
      .string()
      .min(1)
      .max(100)
      .regex(storable.pattern, storable.message)
      .optional()
      .meta({ description: `Without license_key; ${DEFAULT_PRODUCT} by default` }),
    features: z
      .array(Feature)
      .max(50)
      .default([])
      .meta({ description: 'The license must include all of them. Otherwise no seat is taken' }),
  })
  .refine((body) => !(body.license_key && body.product), {
    path: ['product'],
    message: 'give license_key or product, not both',
  })
  .meta({ id: 'AcquireRequest', examples: [{ machine_id: example.machineId, features: ['editor'] }] });
export type AcquireRequest = z.infer<typeof AcquireRequest>;

/** `token` is a compact JWS. `payload` and `signature` repeat its parts in readable form (libs/signed-license/README.md). */
export const SignedLicense = z
  .object({
    payload: z.object({
      session_id: Id,
      license_id: Id,
      user_id: Id,
      tenant_id: Id,
      machine_id: z.string(),
      plan_tier: PlanTier,
      features: z.array(z.string()),
      seat_no: z.int(),
      iat: z.int(),
      exp: z.int(),
      lease_seconds: z.int(),
      iss: z.string(),
    }),
    signature: z.string(),
    algorithm: z.literal('RSA_SIGN_PKCS1_4096_SHA256'),
    key_id: z.string(),
    token: z.string(),
  })
  .meta({ id: 'SignedLicense', examples: [signedLicenseExample] });
export type SignedLicense = z.infer<typeof SignedLicense>;

const grant = {
  session_token: z.string().meta({ description: 'The credential of heartbeat and release' }),
  session_id: Id,
  license_id: Id,
  seat_no: z.int(),
  lease_expires_at: Timestamp,
  heartbeat_interval_seconds: z.int(),
  expires_at: Timestamp.meta({ description: 'The session end: acquire again after it' }),
  features: z.array(z.string()),
  signed_license: SignedLicense,
};

export const AcquireResponse = z.object(grant).meta({ id: 'AcquireResponse', examples: [grantExample] });
export type AcquireResponse = z.infer<typeof AcquireResponse>;

/** `validate` does the same work as acquire, and always answers 200. */
export const ValidateResponse = z
  .discriminatedUnion('valid', [
    z.object({ valid: z.literal(true), ...grant }),
    z.object({ valid: z.literal(false), code: z.string(), error: z.string() }),
  ])
  .meta({
    id: 'ValidateResponse',
    examples: [
      { valid: true, ...grantExample },
      { valid: false, code: 'no_seats_available', error: 'All seats are in use' },
    ],
  });
export type ValidateResponse = z.infer<typeof ValidateResponse>;

export const SessionTokenRequest = z
  .strictObject({ session_token: z.string().min(1).max(256) })
  .meta({ id: 'SessionTokenRequest', examples: [{ session_token: grantExample.session_token }] });
export type SessionTokenRequest = z.infer<typeof SessionTokenRequest>;

export const HeartbeatResponse = z
  .object({
    session_id: Id,
    status: z.literal('active'),
    lease_expires_at: Timestamp,
    heartbeat_interval_seconds: z.int(),
    expires_at: Timestamp,
  })
  .meta({
    id: 'HeartbeatResponse',
    examples: [
      {
        session_id: example.sessionId,
        status: 'active',
        lease_expires_at: '2026-11-22T09:38:00.000Z',
        heartbeat_interval_seconds: 120,
        expires_at: example.later,
      },
    ],
  });
export type HeartbeatResponse = z.infer<typeof HeartbeatResponse>;

export const ReleaseResponse = z
  .object({
    session_id: Id,
    status: z.enum(licenseSessionStatuses),
    ended_at: Timestamp,
    end_reason: z.string(),
  })
  .meta({
    id: 'ReleaseResponse',
    examples: [{ session_id: example.sessionId, status: 'released', ended_at: example.now, end_reason: 'released' }],
  });
export type ReleaseResponse = z.infer<typeof ReleaseResponse>;

const licenseSessionExample = {
  id: example.sessionId,
  license_id: example.licenseId,
  user: { id: example.userId, email: example.email, name: 'Ada Lovelace' },
  machine_id: example.machineId,
  seat_no: 1,
  status: 'active',
  started_at: example.now,
  last_heartbeat_at: example.now,
  lease_expires_at: '2026-11-22T09:36:00.000Z',
  expires_at: example.later,
  ended_at: null,
  end_reason: null,
};

export const LicenseSession = z
  .object({
    id: Id,
    license_id: Id,
    user: z.object({ id: Id, email: z.string(), name: z.string() }),
    machine_id: z.string(),
    seat_no: z.int(),
    status: z.enum(licenseSessionStatuses),
    started_at: Timestamp,
    last_heartbeat_at: Timestamp,
    lease_expires_at: Timestamp,
    expires_at: Timestamp,
    ended_at: Timestamp.nullable(),
    end_reason: z.string().nullable(),
  })
  .meta({ id: 'LicenseSession', examples: [licenseSessionExample] });
export type LicenseSession = z.infer<typeof LicenseSession>;

export const LicenseSessionPage = pageOf(LicenseSession, 'LicenseSessionPage');
export const LicenseSessionQuery = PageQuery.extend({
  search: SearchText.optional().meta({
    description:
      "Part of the holder's name or e-mail, or the start of the machine id or, from 8 digits on, of the session id. " +
      'Case does not matter',
  }),
  status: z.enum(licenseSessionStatuses).optional(),
  license_id: Id.optional(),
  user_id: Id.optional(),
  machine_id: MachineId.optional(),
  ordering: z.enum(['started_at', '-started_at', 'seat_no', '-seat_no']).default('-started_at'),
});
export type LicenseSessionQuery = z.infer<typeof LicenseSessionQuery>;
