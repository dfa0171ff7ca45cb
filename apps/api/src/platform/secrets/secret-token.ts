import { createHash, randomBytes } from 'node:crypto';
import { bytesOfUuid, uuidOfBytes } from './uuid-bytes.js';

const SECRET_BYTES = 32;

/** The purpose of a token is its prefix. So a leaked token is recognised, and a token of one kind is never taken for
 *  another. */
export type TokenPrefix = 'crt_' | 'cpr_' | 'cev_' | 'cec_' | 'civ_';

export interface ParsedToken {
  tenantId: string;
  /** SHA-256 of the secret. Only this is stored. */
  hash: Uint8Array<ArrayBuffer>;
}

/** Returns 256 random bits with their tenant. The tenant saves a search across tenants. */
export function newSecretToken(prefix: TokenPrefix, tenantId: string): { token: string; hash: ParsedToken['hash'] } {
  const secret = randomBytes(SECRET_BYTES);
  const token = prefix + Buffer.concat([bytesOfUuid(tenantId), secret]).toString('base64url');
  return { token, hash: hashOf(secret) };
}

/** Returns undefined for a text that is not such a token. */
export function parseSecretToken(prefix: TokenPrefix, token: string): ParsedToken | undefined {
  if (!token.startsWith(prefix)) return undefined;
  const bytes = Buffer.from(token.slice(prefix.length), 'base64url');
  // Base64 has several spellings of the same bytes. Only the one that we write is accepted.
  if (bytes.length !== 16 + SECRET_BYTES || prefix + bytes.toString('base64url') !== token) return undefined;
  return { tenantId: uuidOfBytes(bytes.subarray(0, 16)), hash: hashOf(bytes.subarray(16)) };
}

function hashOf(secret: Buffer): ParsedToken['hash'] {
  return Uint8Array.from(createHash('sha256').update(secret).digest());
}
