import { createHash } from 'node:crypto';
import { ProblemError } from '../problems/problem.js';

const MAX_LENGTH = 255;
const PLAIN = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;
/** A string of RFC 8941, section 3.3.3. */
const QUOTED = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/;

/**
 * Returns the key of an `Idempotency-Key` field: quoted, as in draft-ietf-httpapi-idempotency-key-header, or plain.
 * Both spellings mean the same key.
 * @throws ProblemError bad_request
 */
export function parseIdempotencyKey(field: string | string[]): string {
  const text = [field].flat().join(', ').trim();
  const key = text.startsWith('"') ? QUOTED.exec(text)?.[1]?.replaceAll(/\\(.)/g, '$1') : PLAIN.exec(text)?.[0];
  if (!key || key.length > MAX_LENGTH)
    throw new ProblemError('bad_request', {
      detail: `Idempotency-Key must hold 1 to ${MAX_LENGTH} printable ASCII characters; a UUID is a good one.`,
    });
  return key;
}

/** Returns the SHA-256 of method, path with query, and body. The order of the body's members does not matter. */
export function requestHash(method: string, url: string, body: unknown): Buffer {
  return createHash('sha256')
    .update(`${method} ${url}\n`)
    .update(JSON.stringify(body, sortedMembers) ?? '')
    .digest();
}

function sortedMembers(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
