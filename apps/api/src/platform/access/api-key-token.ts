import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { bytesOfUuid, uuidOfBytes } from '../secrets/uuid-bytes.js';

export const API_KEY_PREFIX = 'cak_';
const SECRET_BYTES = 32;
const CHECKSUM_BYTES = 4;

export interface ParsedApiKey {
  tenantId: string;
  /** SHA-256 of the secret. Only this is stored. */
  hash: Uint8Array<ArrayBuffer>;
}

/** Returns a new key: its tenant, 256 random bits, and a checksum. The tenant saves a search across tenants. The
 *  checksum lets scanners for leaked secrets tell a key from other text. Lists show only the `prefix`. */
export function newApiKey(tenantId: string): { key: string; prefix: string; hash: ParsedApiKey['hash'] } {
  const secret = randomBytes(SECRET_BYTES);
  const content = Buffer.concat([bytesOfUuid(tenantId), secret]);
  const key = API_KEY_PREFIX + Buffer.concat([content, checksumOf(content)]).toString('base64url');
  return { key, prefix: `${API_KEY_PREFIX}…${key.slice(-6)}`, hash: hashOf(secret) };
}

/** Returns undefined for a text that is not an API key. */
export function parseApiKey(key: string): ParsedApiKey | undefined {
  if (!key.startsWith(API_KEY_PREFIX)) return undefined;
  const bytes = Buffer.from(key.slice(API_KEY_PREFIX.length), 'base64url');
  // Base64 has several spellings of the same bytes. Only the one that we write is accepted.
  if (bytes.length !== 16 + SECRET_BYTES + CHECKSUM_BYTES || API_KEY_PREFIX + bytes.toString('base64url') !== key)
    return undefined;
  const content = bytes.subarray(0, 16 + SECRET_BYTES);
  if (!checksumOf(content).equals(bytes.subarray(content.length))) return undefined;
  return { tenantId: uuidOfBytes(content.subarray(0, 16)), hash: hashOf(content.subarray(16)) };
}

function checksumOf(content: Buffer): Buffer {
  const bytes = Buffer.alloc(CHECKSUM_BYTES);
  bytes.writeUInt32BE(crc32(content));
  return bytes;
}

function hashOf(secret: Buffer): ParsedApiKey['hash'] {
  return Uint8Array.from(createHash('sha256').update(secret).digest());
}
