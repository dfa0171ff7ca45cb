import { createHash, createHmac, randomBytes } from 'node:crypto';
import { bytesOfUuid, uuidOfBytes } from '#platform/secrets/uuid-bytes';
import type { LicenseRef } from '../ledger/seat-ledger.js';

const PREFIX = 'cst_';
const SALT_BYTES = 16;
const SECRET_BYTES = 32;
const TOKEN_BYTES = 3 * 16 + SECRET_BYTES;

export interface ParsedSessionToken extends LicenseRef {
  sessionId: string;
  /** SHA-256 of the token's secret. The ledger and Postgres store only this. */
  tokenHash: Buffer;
}

export function newTokenSalt(): Buffer {
  return randomBytes(SALT_BYTES);
}

/**
 * The secret of a session token: HMAC-SHA256 of the session's random salt under a key that only the API has. So a repeated
 * acquire can return the same token although only its hash is stored (decision record 0003).
 */
function secretOf(key: Buffer, sessionId: string, salt: Buffer): Buffer {
  return createHmac('sha256', key).update(salt).update(sessionId).digest();
}

export function hashOf(key: Buffer, sessionId: string, salt: Buffer): Buffer {
  return sha256(secretOf(key, sessionId, salt));
}

/** The token is opaque to clients. It contains tenant, license and license session, so that a heartbeat needs no look-up. */
export function formatSessionToken(key: Buffer, license: LicenseRef, sessionId: string, salt: Buffer): string {
  const ids = [license.tenantId, license.licenseId, sessionId].map(bytesOfUuid);
  return PREFIX + Buffer.concat([...ids, secretOf(key, sessionId, salt)]).toString('base64url');
}

/** Returns undefined for any text that is not a session token. */
export function parseSessionToken(token: string): ParsedSessionToken | undefined {
  if (!token.startsWith(PREFIX)) return undefined;
  const bytes = Buffer.from(token.slice(PREFIX.length), 'base64url');
  if (bytes.length !== TOKEN_BYTES || PREFIX + bytes.toString('base64url') !== token) return undefined;
  return {
    tenantId: uuidOfBytes(bytes.subarray(0, 16)),
    licenseId: uuidOfBytes(bytes.subarray(16, 32)),
    sessionId: uuidOfBytes(bytes.subarray(32, 48)),
    tokenHash: sha256(bytes.subarray(48)),
  };
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
