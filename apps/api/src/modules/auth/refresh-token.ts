import { createHash, randomBytes } from 'node:crypto';
import { bytesOfUuid, uuidOfBytes } from '../../platform/uuid-bytes.js';

const PREFIX = 'crt_';
const SECRET_BYTES = 32;

export interface ParsedRefreshToken {
  tenantId: string;
  hash: Buffer;
}

/** 256 random bits. The token carries its tenant, so that finding it needs no look across tenants. */
export function newRefreshToken(tenantId: string): { token: string; hash: Buffer } {
  const secret = randomBytes(SECRET_BYTES);
  const token = PREFIX + Buffer.concat([bytesOfUuid(tenantId), secret]).toString('base64url');
  return { token, hash: hashOf(secret) };
}

/** Undefined for anything that is no refresh token. */
export function parseRefreshToken(token: string): ParsedRefreshToken | undefined {
  if (!token.startsWith(PREFIX)) return undefined;
  const bytes = Buffer.from(token.slice(PREFIX.length), 'base64url');
  // Base64 has several spellings of the same bytes; only the one we write is a token.
  if (bytes.length !== 16 + SECRET_BYTES || PREFIX + bytes.toString('base64url') !== token) return undefined;
  return { tenantId: uuidOfBytes(bytes.subarray(0, 16)), hash: hashOf(bytes.subarray(16)) };
}

function hashOf(secret: Buffer): Buffer {
  return createHash('sha256').update(secret).digest();
}
