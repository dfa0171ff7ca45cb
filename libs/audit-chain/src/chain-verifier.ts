import type { ChainHead, ChainRange, SealedEntry } from './entry.js';
import { actorDigest, detailDigest, entryHash, GENESIS } from './seal.js';

/**
 * How a chain can be broken. `gap`: an entry is missing. `link_mismatch`: the entry does not follow the one before it.
 * `hash_mismatch`: the entry or its seal was changed. `digest_mismatch`: the actor or the changes differ from the seal.
 */
export type BreakReason = 'gap' | 'link_mismatch' | 'hash_mismatch' | 'digest_mismatch';

export interface ChainReport {
  valid: boolean;
  /** How many entries were verified: all, or those before the break. */
  entries: number;
  first_sequence: number | null;
  last_sequence: number | null;
  /** Hash of the last verified entry. A kept copy later proves whether the chain was cut off or rewritten. */
  last_hash: string | null;
  /** How many of them had personal data erased. The erased part can no longer be compared. */
  erased: number;
  broken_at?: { sequence: number; reason: BreakReason };
}

export interface VerifierOptions {
  /** The entries are a selection: they may start anywhere and have gaps. Consecutive entries must still be linked. */
  partial?: boolean;
  /** The entry that the first one must follow. GENESIS by default. */
  start?: ChainHead;
}

/** Verifies a chain entry by entry in constant memory. Entries must come in the order of their sequence. */
export class ChainVerifier {
  private first: SealedEntry | undefined;
  private last: ChainHead | undefined;
  private entries = 0;
  private erased = 0;
  private break: ChainReport['broken_at'];

  constructor(private readonly options: VerifierOptions = {}) {}

  /** Returns whether the chain holds so far. After a break, entries are no longer checked. */
  add(entry: SealedEntry): boolean {
    if (this.break) return false;
    this.break = this.breakAt(entry);
    if (this.break) return false;
    this.first ??= entry;
    this.last = { sequence: entry.sequence, hash: entry.hash };
    this.entries += 1;
    if (entry.erased_at !== null) this.erased += 1;
    return true;
  }

  /** Passes over a range of archived entries. Checks the links at both ends, not the entries themselves. Returns whether
   *  the chain holds so far. */
  skip(range: ChainRange): boolean {
    if (this.break) return false;
    const { sequence, hash } = this.expected;
    const first = range.first_sequence;
    if (first > sequence + 1) this.break = { sequence: sequence + 1, reason: 'gap' };
    else if (first <= sequence || range.previous_hash !== hash)
      this.break = { sequence: first, reason: 'link_mismatch' };
    else this.last = { sequence: range.last_sequence, hash: range.last_hash };
    return !this.break;
  }

  /** Declares that every entry up to and including `sequence` has been given. */
  end(sequence: number): void {
    const next = this.expected.sequence + 1;
    if (!this.break && sequence >= next) this.break = { sequence: next, reason: 'gap' };
  }

  get report(): ChainReport {
    return {
      valid: !this.break,
      entries: this.entries,
      first_sequence: this.first?.sequence ?? null,
      last_sequence: this.last?.sequence ?? null,
      last_hash: this.last?.hash ?? null,
      erased: this.erased,
      ...(this.break && { broken_at: this.break }),
    };
  }

  private get expected(): ChainHead {
    return this.last ?? this.options.start ?? GENESIS;
  }

  private breakAt(entry: SealedEntry): ChainReport['broken_at'] {
    const { sequence } = entry;
    const previous = this.expected;
    const follows = sequence === previous.sequence + 1;
    if (sequence > previous.sequence + 1 && !this.options.partial)
      return { sequence: previous.sequence + 1, reason: 'gap' };
    if (entryHash(entry) !== entry.hash) return { sequence, reason: 'hash_mismatch' };
    if (!digestsMatch(entry)) return { sequence, reason: 'digest_mismatch' };
    const linked = follows ? entry.previous_hash === previous.hash : sequence > previous.sequence;
    const sameTenant = !this.first || this.first.tenant_id === entry.tenant_id;
    return linked && sameTenant ? undefined : { sequence, reason: 'link_mismatch' };
  }
}

/** Erased data must be erased completely; data that remains must match its digest. */
function digestsMatch(entry: SealedEntry): boolean {
  const { actor_salt, detail_salt, actor_name, ip, user_agent, before, after } = entry;
  const isErased = (...values: unknown[]) => entry.erased_at !== null && values.every((value) => value === null);
  const actor =
    actor_salt === null ? isErased(actor_name, ip, user_agent) : actorDigest(actor_salt, entry) === entry.actor_digest;
  const detail =
    detail_salt === null ? isErased(before, after) : detailDigest(detail_salt, entry) === entry.detail_digest;
  return actor && detail;
}
