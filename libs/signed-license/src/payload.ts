export const PLAN_TIERS = ['free', 'pro', 'team', 'enterprise'] as const;

/** The content of a signed license (README.md). Times are seconds since the Unix epoch (RFC 7519 NumericDate). */
export interface SignedLicensePayload {
  session_id: string;
  license_id: string;
  user_id: string;
  tenant_id: string;
  /** A UUID or a SHA-256 in hex, as the client program sent it. */
  machine_id: string;
  plan_tier: (typeof PLAN_TIERS)[number];
  features: string[];
  /** Starts at 1. */
  seat_no: number;
  iat: number;
  /** The session end. The license is void from this second on. */
  exp: number;
  lease_seconds: number;
  iss: string;
}

/** A payload without the documented form. `field` is the offending member, or `payload` for the whole. */
export class InvalidPayloadError extends Error {
  override readonly name = 'InvalidPayloadError';

  constructor(
    readonly field: string,
    rule: string,
  ) {
    super(`${field} ${rule}`);
  }
}

const FIELDS = [
  'session_id',
  'license_id',
  'user_id',
  'tenant_id',
  'machine_id',
  'plan_tier',
  'features',
  'seat_no',
  'iat',
  'exp',
  'lease_seconds',
  'iss',
] as const satisfies (keyof SignedLicensePayload)[];

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;
const MACHINE_ID = /^(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{64})$/i;

/**
 * The payload as JSON without white space, with its documented members in one fixed order.
 *
 * A JWS signs bytes, not values (RFC 7515, section 5.1), and JSON has many spellings of one value. With one order and
 * ECMAScript's string escapes (only `"`, `\` and control characters), anyone can reproduce the bytes of the test vectors,
 * and a verifier can compare two payloads as text.
 */
export function canonicalPayload(payload: SignedLicensePayload): string {
  return JSON.stringify(payload, [...FIELDS]);
}

/**
 * Checks an untrusted value member by member. Written by hand, because client programs embed it. Unknown members are left
 * out of the result, as RFC 7519, section 4 demands for claims: a program in the field keeps working when a later issuer
 * adds members.
 *
 * @throws {InvalidPayloadError} naming the first member that is missing or out of its range
 */
export function parsePayload(input: unknown): SignedLicensePayload {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new InvalidPayloadError('payload', 'must be an object');
  }
  const members = new Map<string, unknown>(Object.entries(input));
  const payload: SignedLicensePayload = {
    session_id: uuid(members, 'session_id'),
    license_id: uuid(members, 'license_id'),
    user_id: uuid(members, 'user_id'),
    tenant_id: uuid(members, 'tenant_id'),
    machine_id: machineId(members, 'machine_id'),
    plan_tier: planTier(members, 'plan_tier'),
    features: features(members, 'features'),
    seat_no: integer(members, 'seat_no', 1),
    iat: integer(members, 'iat', 0),
    exp: integer(members, 'exp', 0),
    lease_seconds: integer(members, 'lease_seconds', 1),
    iss: text(members.get('iss'), 'iss'),
  };
  if (payload.exp <= payload.iat) throw new InvalidPayloadError('exp', 'must be later than iat');
  return payload;
}

type Members = ReadonlyMap<string, unknown>;

function uuid(members: Members, field: string): string {
  const value = text(members.get(field), field);
  if (!UUID.test(value)) throw new InvalidPayloadError(field, 'must be a lower-case UUID');
  return value;
}

function machineId(members: Members, field: string): string {
  const value = text(members.get(field), field);
  if (!MACHINE_ID.test(value)) throw new InvalidPayloadError(field, 'must be a UUID or a SHA-256 in hex');
  return value;
}

function planTier(members: Members, field: string): SignedLicensePayload['plan_tier'] {
  const tier = PLAN_TIERS.find((known) => known === members.get(field));
  if (!tier) throw new InvalidPayloadError(field, `must be one of ${PLAN_TIERS.join(', ')}`);
  return tier;
}

function features(members: Members, field: string): string[] {
  const value = members.get(field);
  if (!Array.isArray(value)) throw new InvalidPayloadError(field, 'must be an array of strings');
  const names = value.map((name: unknown) => text(name, field));
  if (new Set(names).size !== names.length) throw new InvalidPayloadError(field, 'must not name a feature twice');
  return names;
}

function integer(members: Members, field: string, least: number): number {
  const value = members.get(field);
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least) {
    throw new InvalidPayloadError(field, `must be an integer of at least ${least}`);
  }
  return value;
}

function text(value: unknown, field: string): string {
  if (typeof value !== 'string' || value === '') throw new InvalidPayloadError(field, 'must be a non-empty string');
  return value;
}
