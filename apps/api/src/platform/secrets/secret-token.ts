import { createHash, randomBytes } from 'node:crypto';
import { bytesOfUuid, uuidOfBytes } from './uuid-bytes.js';

const SECRET_BYTES = 32;

/** What tokens are for, told by how they begin, so that a leaked one is recognised and none is taken for another. */
export type TokenPrefix = 'crt_' | 'cpr_' | 'cev_' | 'cec_' | 'civ_';

export interface ParsedToken {
  tenantId: string;
  /** SHA-256 of the secret: what is stored, and looked up. */
  hash: Uint8Array<ArrayBuffer>;
}

/** 256 random bits. The token carries its tenant, so that finding it needs no look across tenants. */
export function newSecretToken(prefix: TokenPrefix, tenantId: string): { token: string; hash: ParsedToken['hash'] } {
  const secret = randomBytes(SECRET_BYTES);
  const token = prefix + Buffer.concat([bytesOfUuid(tenantId), secret]).toString('base64url');
  return { token, hash: hashOf(secret) };
}

/** Undefined for anything that is no such token. */
export function parseSecretToken(prefix: TokenPrefix, token: string): ParsedToken | undefined {
  if (!token.startsWith(prefix)) return undefined;
  const bytes = Buffer.from(token.slice(prefix.length), 'base64url');
  // Base64 has several spellings of the same bytes; only the one we write is a token.
  if (bytes.length !== 16 + SECRET_BYTES || prefix + bytes.toString('base64url') !== token) return undefined;
  return { tenantId: uuidOfBytes(bytes.subarray(0, 16)), hash: hashOf(bytes.subarray(16)) };
}

function hashOf(secret: Buffer): ParsedToken['hash'] {
  return Uint8Array.from(createHash('sha256').update(secret).digest());
}
