/** The fields of an entry that are hashed directly. */
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

/** Personal data of the actor. Only its digest is chained, so that it can be erased. */
export interface ActorFields {
  actor_name: string | null;
  ip: string | null;
  user_agent: string | null;
}

/** The changed fields. Only their digest is chained, so that they can be erased. */
export interface DetailFields {
  before: unknown;
  after: unknown;
}

export type Entry = ChainedFields & ActorFields & DetailFields;

/** The fields that sealing adds. Hashes, digests and salts are base64url (RFC 4648, section 5) without padding. */
export interface Seal {
  /** 1, 2, 3 … within the tenant. */
  sequence: number;
  /** `hash` of the previous entry. GENESIS_HASH for the first. */
  previous_hash: string;
  hash: string;
  actor_digest: string;
  detail_digest: string;
  actor_salt: string;
  detail_salt: string;
}

/** An entry as it is stored, exported and verified. A salt is null once its data has been erased. */
export type SealedEntry = Entry &
  Omit<Seal, 'actor_salt' | 'detail_salt'> & {
    actor_salt: string | null;
    detail_salt: string | null;
    erased_at: string | null;
  };

/** The end of a chain. The next entry is linked to it. */
export interface ChainHead {
  sequence: number;
  hash: string;
}

/** Consecutive archived entries of a chain, with the hashes that link them to the entries around them. */
export interface ChainRange {
  first_sequence: number;
  /** `hash` of the entry before the first one. */
  previous_hash: string;
  last_sequence: number;
  last_hash: string;
}
