import { createHash, randomBytes } from 'node:crypto';
import { canonicalJson } from './canonical-json.js';
import type { ActorFields, ChainedFields, ChainHead, DetailFields, Entry, Seal } from './entry.js';

const SALT_BYTES = 16;

/** The previous hash of the first entry of a chain: 32 zero bytes. */
export const GENESIS: ChainHead = { sequence: 0, hash: Buffer.alloc(32).toString('base64url') };

/** Seals one entry as the next link of a chain. The salts are random: without them, erased personal data could be found
 *  again by hashing likely names and addresses. */
export function seal(
  entry: Entry,
  previous: ChainHead,
  newSalt: () => string = () => randomBytes(SALT_BYTES).toString('base64url'),
): Seal {
  const salts = { actor_salt: newSalt(), detail_salt: newSalt() };
  const link = {
    sequence: previous.sequence + 1,
    previous_hash: previous.hash,
    actor_digest: actorDigest(salts.actor_salt, entry),
    detail_digest: detailDigest(salts.detail_salt, entry),
  };
  return { ...link, ...salts, hash: entryHash({ ...entry, ...link }) };
}

/** SHA-256 over the salt and the canonical JSON of the actor's personal fields. */
export function actorDigest(salt: string, { actor_name, ip, user_agent }: ActorFields): string {
  return saltedDigest(salt, { actor_name, ip, user_agent });
}

/** SHA-256 over the salt and the canonical JSON of the changed fields. */
export function detailDigest(salt: string, { before, after }: DetailFields): string {
  return saltedDigest(salt, { before, after });
}

/** SHA-256 over the canonical JSON of exactly these thirteen fields. */
export function entryHash(
  entry: ChainedFields & Pick<Seal, 'sequence' | 'previous_hash' | 'actor_digest' | 'detail_digest'>,
): string {
  const { tenant_id, sequence, previous_hash, id, occurred_at, actor_type, actor_id, action } = entry;
  const { resource_type, resource_id, request_id, actor_digest, detail_digest } = entry;
  const link = { tenant_id, sequence, previous_hash, id, occurred_at, actor_type, actor_id, action };
  const what = { resource_type, resource_id, request_id, actor_digest, detail_digest };
  return createHash('sha256')
    .update(canonicalJson({ ...link, ...what }))
    .digest('base64url');
}

function saltedDigest(salt: string, value: object): string {
  return createHash('sha256').update(salt, 'base64url').update(canonicalJson(value)).digest('base64url');
}
