import type { JSONWebKeySet } from 'jose';
import { ProtocolError } from './errors.js';
import { isRecord } from './refusal.js';
import type { Account, AcquireResponse, DeviceAuthorization, HeartbeatResponse, TokenResponse } from './wire.js';

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === 'string' && value !== '';
const positive: Check = (value) => typeof value === 'number' && Number.isFinite(value) && value > 0;
const timestamp: Check = (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value));
const texts: Check = (value) => Array.isArray(value) && value.every((item) => typeof item === 'string');
const webPage: Check = (value) =>
  typeof value === 'string' && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);

const leaseMembers = {
  session_id: text,
  lease_expires_at: timestamp,
  heartbeat_interval_seconds: positive,
  expires_at: timestamp,
};

const tokenMembers: Record<keyof TokenResponse, Check> = {
  access_token: text,
  token_type: (value) => value === 'Bearer',
  expires_in: positive,
  refresh_token: text,
  refresh_token_expires_in: (value) => typeof value === 'number',
};

const deviceMembers: Record<keyof DeviceAuthorization, Check> = {
  device_code: text,
  user_code: text,
  verification_uri: webPage,
  verification_uri_complete: webPage,
  expires_in: positive,
  interval: positive,
};

const accountMembers: Record<keyof Account, Check> = { email: text };

const heartbeatMembers: Record<keyof HeartbeatResponse, Check> = {
  ...leaseMembers,
  status: (value) => value === 'active',
};

const grantMembers: Record<keyof AcquireResponse, Check> = {
  ...leaseMembers,
  session_token: text,
  license_id: text,
  seat_no: positive,
  features: texts,
  // its verification checks the other members
  signed_license: (value) => isRecord(value) && text(value['token']),
};

const jwksMembers: Record<keyof JSONWebKeySet, Check> = {
  keys: (value) => Array.isArray(value) && value.every((key) => isRecord(key)),
};

/** @throws {ProtocolError} unless the body has every member of a token response */
export function asTokens(body: unknown): TokenResponse {
  assertMembers<TokenResponse>(body, tokenMembers);
  return body;
}

/** @throws {ProtocolError} unless the body has every member of a device authorization */
export function asDevice(body: unknown): DeviceAuthorization {
  assertMembers<DeviceAuthorization>(body, deviceMembers);
  return body;
}

/** @throws {ProtocolError} unless the body describes an account */
export function asAccount(body: unknown): Account {
  assertMembers<Account>(body, accountMembers);
  return body;
}

/** @throws {ProtocolError} unless the body has every member of a grant */
export function asGrant(body: unknown): AcquireResponse {
  assertMembers<AcquireResponse>(body, grantMembers);
  return body;
}

/** @throws {ProtocolError} unless the body has every member of a heartbeat answer */
export function asHeartbeat(body: unknown): HeartbeatResponse {
  assertMembers<HeartbeatResponse>(body, heartbeatMembers);
  return body;
}

/** @throws {ProtocolError} unless the body is a JWK Set (RFC 7517, section 5) */
export function asJwks(body: unknown): JSONWebKeySet {
  assertMembers<JSONWebKeySet>(body, jwksMembers);
  return body;
}

/** Ignores unknown members, because a newer server may add some. */
function assertMembers<Answer>(body: unknown, members: Record<keyof Answer, Check>): asserts body is Answer {
  const checks = Object.entries<Check>(members);
  const wrong = isRecord(body) ? checks.find(([name, check]) => !check(body[name]))?.[0] : 'content';
  if (wrong !== undefined) {
    throw new ProtocolError(`the server's answer has no valid ${wrong}`, { code: 'unexpected_response' });
  }
}
