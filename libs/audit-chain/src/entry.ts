/** What is hashed of an entry as it is. */
export interface ChainedFields {
  tenant_id: string;
  id: string;
  /** RFC 3339, UTC, with milliseconds. */
  occurred_at: string;
  actor_type: string;
  actor_id: string | null;
  action: string;
  resource_type: string;
  resource_id: string | null;
  request_id: string | null;
}

/** What is personal of who did it: only its digest is chained, so that it can be erased. */
export interface ActorFields {
  actor_name: string | null;
  ip: string | null;
  user_agent: string | null;
}

/** What changed: only its digest is chained. */
export interface DetailFields {
  before: unknown;
  after: unknown;
}

export type Entry = ChainedFields & ActorFields & DetailFields;

/** What sealing adds. Hashes, digests and salts are base64url (RFC 4648, section 5) without padding. */
export interface Seal {
  /** 1, 2, 3 … within the tenant. */
  sequence: number;
  /** `hash` of the entry before; GENESIS_HASH for the first. */
  previous_hash: string;
  hash: string;
  actor_digest: string;
  detail_digest: string;
  actor_salt: string;
  detail_salt: string;
}

/** An entry as it is stored, exported and verified. A salt is null once what it salted has been erased. */
export type SealedEntry = Entry &
  Omit<Seal, 'actor_salt' | 'detail_salt'> & {
    actor_salt: string | null;
    detail_salt: string | null;
    erased_at: string | null;
  };

/** The end of a chain, to which the next entry is added. */
export interface ChainHead {
  sequence: number;
  hash: string;
}

/** Consecutive entries of a chain that are kept elsewhere, and how they are linked to the others. */
export interface ChainRange {
  first_sequence: number;
  /** `hash` of the entry before the first. */
  previous_hash: string;
  last_sequence: number;
  last_hash: string;
}
