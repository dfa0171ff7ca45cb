import type { JSONWebKeySet } from 'jose';
import { ProtocolError } from './errors.js';
import { isRecord } from './refusal.js';
import type { AcquireResponse, HeartbeatResponse, TokenResponse } from './wire.js';

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === 'string' && value !== '';
const positive: Check = (value) => typeof value === 'number' && Number.isFinite(value) && value > 0;
const timestamp: Check = (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value));
const texts: Check = (value) => Array.isArray(value) && value.every((item) => typeof item === 'string');

const leaseMembers = {
  session_id: text,
  lease_expires_at: timestamp,
  heartbeat_interval_seconds: positive,
  expires_at: timestamp,
};

const tokenMembers: Record<keyof Omit<TokenResponse, 'token_type'>, Check> = {
  access_token: text,
  expires_in: positive,
  refresh_token: text,
};

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
  // whatever else it says is checked by its verification
  signed_license: (value) => isRecord(value) && text(value['token']),
};

/** @throws {ProtocolError} unless the body has every member of a token response */
export function asTokens(body: unknown): TokenResponse {
  return checked<TokenResponse>(body, tokenMembers);
}

/** @throws {ProtocolError} unless the body has every member of a grant */
export function asGrant(body: unknown): AcquireResponse {
  return checked<AcquireResponse>(body, grantMembers);
}

/** @throws {ProtocolError} unless the body has every member of a heartbeat's answer */
export function asHeartbeat(body: unknown): HeartbeatResponse {
  return checked<HeartbeatResponse>(body, heartbeatMembers);
}

/** @throws {ProtocolError} unless the body is a JWK Set (RFC 7517, section 5) */
export function asJwks(body: unknown): JSONWebKeySet {
  return checked<JSONWebKeySet>(body, { keys: (value) => Array.isArray(value) && value.every((key) => isRecord(key)) });
}

/** Unknown members are kept: a newer server may say more. */
function checked<Answer>(body: unknown, members: Record<string, Check>): Answer {
  const wrong = isRecord(body) ? Object.keys(members).find((name) => !members[name]?.(body[name])) : 'the body';
  if (wrong !== undefined) {
    throw new ProtocolError(`the server's answer has no valid ${wrong}`, { code: 'unexpected_response' });
  }
  return body as Answer;
}
