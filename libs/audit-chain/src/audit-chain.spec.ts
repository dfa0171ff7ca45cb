import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from './canonical-json.js';
import { ChainVerifier, type VerifierOptions } from './chain-verifier.js';
import { MalformedEntryError, parseEntry } from './entry-line.js';
import type { Entry, SealedEntry } from './entry.js';
import { GENESIS, seal } from './seal.js';

const TENANT = '0195a4bf-8e1d-7c3a-9f42-61d7b0c5e8a1';

const ENTRY: Entry = {
  tenant_id: TENANT,
  id: '0195a4c2-7d10-7e55-b8c1-4f6a90d2e317',
  occurred_at: '2026-11-22T09:30:00.000Z',
  actor_type: 'user',
  actor_id: '0195a4bf-9a70-7d51-8b3e-2c94f6a1d073',
  actor_name: 'ada@acme.example',
  action: 'user.disabled',
  resource_type: 'user',
  resource_id: '0195a4c1-02d4-7f19-b6e8-90a3c5d7f21b',
  before: { status: 'active', note: 'café' },
  after: { status: 'disabled', seats: [1, 2.5] },
  ip: '203.0.113.7',
  user_agent: 'curl/8.5',
  request_id: 'req-00000001',
};

/** A chain of `length` entries, as it is stored. */
function chain(length: number, salt?: () => string): SealedEntry[] {
  let head = GENESIS;
  return Array.from({ length }, (_, i) => {
    const entry = { ...ENTRY, resource_id: `thing-${i + 1}` };
    const sealed = { ...entry, ...seal(entry, head, salt), erased_at: null };
    head = sealed;
    return sealed;
  });
}

function verify(entries: SealedEntry[], options?: VerifierOptions) {
  const verifier = new ChainVerifier(options);
  for (const entry of entries) if (!verifier.add(entry)) break;
  return verifier.report;
}

/** Returns the chain with some fields changed in the entry with that sequence. */
const changed = (entries: SealedEntry[], sequence: number, change: Partial<SealedEntry>) =>
  entries.map((entry) => (entry.sequence === sequence ? { ...entry, ...change } : entry));

describe('canonical JSON', () => {
  it.each([
    [{ b: 1, a: [true, null, 'x'], c: { z: 0, y: '' } }, '{"a":[true,null,"x"],"b":1,"c":{"y":"","z":0}}'],
    // The sorting example of RFC 8785, section 3.2.3.
    [
      { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\u{1f600}': 5, '\u0080': 6, '\u00f6': 7 },
      '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}',
    ],
    // Numbers of RFC 8785, section 3.2.2.
    [
      JSON.parse('[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001]'),
      '[333333333.3333333,1e+30,4.5,0.002,1e-27]',
    ],
    [JSON.parse('{"__proto__":{"b":1,"a":2}}'), '{"__proto__":{"a":2,"b":1}}'],
    [null, 'null'],
  ])('writes %j in one way', (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  it('does not depend on the order of members, and reads back as the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        const reordered: unknown = JSON.parse(JSON.stringify(value), (_, member: unknown) =>
          typeof member === 'object' && member !== null && !Array.isArray(member)
            ? Object.fromEntries(Object.entries(member).toReversed())
            : member,
        );
        expect(canonicalJson(reordered)).toBe(text);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
    );
  });
});

describe('a seal', () => {
  it('is the published test vector', () => {
    let salt = 0;
    const newSalt = () => Buffer.alloc(16, (salt += 1)).toString('base64url');
    expect(seal(ENTRY, GENESIS, newSalt)).toEqual({
      sequence: 1,
      previous_hash: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
      actor_salt: 'AQEBAQEBAQEBAQEBAQEBAQ',
      detail_salt: 'AgICAgICAgICAgICAgICAg',
      actor_digest: '7YvJkCAb3AbEmUqXHkueoGcn8OnTmI75-_B2q-j_vK4',
      detail_digest: 'hPq3fotcST648epQhYMYpBk4bX3UjYI6jspgiZChw7M',
      hash: 'RuEqGsJVu-pkkk3MnsTioYarA3RogDQwgksWrTttCQo',
    });
  });

  it('has new salts, and so new digests, each time the same entry is sealed', () => {
    const [a, b] = [seal(ENTRY, GENESIS), seal(ENTRY, GENESIS)];
    expect(a.actor_salt).not.toBe(b.actor_salt);
    expect(a.actor_salt).not.toBe(a.detail_salt);
    expect(a.actor_digest).not.toBe(b.actor_digest);
    expect(a.detail_digest).not.toBe(b.detail_digest);
  });
});

describe('given a sealed chain of five entries', () => {
  const entries = chain(5);

  it('then it is valid, and the last entry is reported', () => {
    const last_hash = entries[4]!.hash;
    const counts = { entries: 5, first_sequence: 1, last_sequence: 5, erased: 0 };
    expect(verify(entries)).toEqual({ valid: true, ...counts, last_hash });
  });

  it('then a chain without entries is valid, too', () => {
    const nothing = { first_sequence: null, last_sequence: null, last_hash: null };
    expect(verify([])).toEqual({ valid: true, entries: 0, erased: 0, ...nothing });
  });

  const chained = {
    id: 'x',
    occurred_at: '2026-11-22T09:30:00.001Z',
    actor_type: 'system',
    actor_id: null,
    action: 'x',
    resource_type: 'x',
    resource_id: null,
    request_id: null,
    previous_hash: entries[0]!.hash,
    hash: 'x',
    actor_digest: 'x',
    detail_digest: 'x',
    tenant_id: 'x',
  };
  it.each(Object.entries(chained))(
    'when %s of the third entry is changed, then that entry is reported',
    (field, value) => {
      const { valid, broken_at } = verify(changed(entries, 3, { [field]: value }));
      expect([valid, broken_at]).toEqual([false, { sequence: 3, reason: 'hash_mismatch' }]);
    },
  );

  const digested = {
    actor_name: 'eve@acme.example',
    ip: null,
    user_agent: 'x',
    actor_salt: 'AAAA',
    detail_salt: 'AAAA',
    before: null,
    after: { status: 'active' },
  };
  it.each(Object.entries(digested))(
    'when %s of the third entry is changed, then its digest does not match',
    (field, value) => {
      expect(verify(changed(entries, 3, { [field]: value })).broken_at).toEqual({
        sequence: 3,
        reason: 'digest_mismatch',
      });
    },
  );

  it.each([1, 3, 4])('when entry %i is removed, then a gap is reported there', (sequence) => {
    const report = verify(entries.filter((entry) => entry.sequence !== sequence));
    expect(report).toMatchObject({ entries: sequence - 1, broken_at: { sequence, reason: 'gap' } });
  });

  it('when two entries are swapped, then the hash of the first does not match', () => {
    const [second, third] = [entries[1]!, entries[2]!];
    const swapped = [...entries];
    swapped[1] = { ...third, sequence: 2 };
    swapped[2] = { ...second, sequence: 3 };
    expect(verify(swapped).broken_at).toEqual({ sequence: 2, reason: 'hash_mismatch' });
  });

  it('when an entry is rewritten with a correct hash, then the next entry no longer links to it', () => {
    const forged = { ...ENTRY, action: 'user.enabled' };
    const sealed = { ...forged, ...seal(forged, entries[1]!), erased_at: null };
    expect(verify(changed(entries, 3, sealed)).broken_at).toEqual({ sequence: 4, reason: 'link_mismatch' });
  });

  it('when a second entry with the same sequence is added, then its link does not match', () => {
    const twin = { ...ENTRY, ...seal(ENTRY, entries[1]!), erased_at: null };
    expect(verify([...entries.slice(0, 3), twin, ...entries.slice(3)]).broken_at).toEqual({
      sequence: 3,
      reason: 'link_mismatch',
    });
  });

  it('when entries are missing at a known end, then a gap is reported', () => {
    const verifier = new ChainVerifier();
    for (const entry of entries) verifier.add(entry);
    verifier.end(5);
    expect(verifier.report.valid).toBe(true);
    verifier.end(6);
    expect(verifier.report.broken_at).toEqual({ sequence: 6, reason: 'gap' });
  });

  it('when personal data is erased, then the chain stays valid and the erased entries are counted', () => {
    const erased_at = '2026-12-01T00:00:00.000Z';
    const actor = { actor_name: null, ip: null, user_agent: null, actor_salt: null };
    const detail = { before: null, after: null, detail_salt: null };
    const erased = changed(changed(entries, 2, { ...actor, erased_at }), 4, { ...actor, ...detail, erased_at });
    expect(verify(erased)).toMatchObject({ valid: true, entries: 5, erased: 2 });
  });

  it.each([
    ['a salt is gone but its data is not', { actor_salt: null, erased_at: '2026-12-01T00:00:00.000Z' }],
    ['data and salt are gone but no erasure is recorded', { before: null, after: null, detail_salt: null }],
  ])('when %s, then it does not count as an erasure', (_, change) => {
    expect(verify(changed(entries, 2, change)).broken_at).toEqual({ sequence: 2, reason: 'digest_mismatch' });
  });

  it('when a selection is verified, then gaps are allowed, and consecutive entries must be linked', () => {
    const selection = entries.filter(({ sequence }) => sequence !== 1 && sequence !== 4);
    expect(verify(selection).broken_at).toEqual({ sequence: 1, reason: 'gap' });
    expect(verify(selection, { partial: true })).toMatchObject({ valid: true, entries: 3, first_sequence: 2 });
    const forged = { ...ENTRY, ...seal(ENTRY, chain(2)[1]!), erased_at: null };
    expect(verify(changed(selection, 3, forged), { partial: true }).broken_at).toEqual({
      sequence: 3,
      reason: 'link_mismatch',
    });
    expect(verify(selection.toReversed(), { partial: true }).broken_at?.reason).toBe('link_mismatch');
  });

  it('when it is verified from a known entry on, then the first entry must follow that one', () => {
    const start = entries[1]!;
    expect(verify(entries.slice(2), { start })).toMatchObject({ valid: true, entries: 3, first_sequence: 3 });
    expect(verify(entries.slice(3), { start }).broken_at).toEqual({ sequence: 3, reason: 'gap' });
    const forged = { sequence: 2, hash: GENESIS.hash };
    expect(verify(entries.slice(2), { start: forged }).broken_at).toEqual({ sequence: 3, reason: 'link_mismatch' });
  });

  const archived = (first: number, last: number) => ({
    first_sequence: first,
    previous_hash: entries[first - 1]!.previous_hash,
    last_sequence: last,
    last_hash: entries[last - 1]!.hash,
  });

  it('when ranges of it are archived, then the remaining entries are linked to them', () => {
    const verifier = new ChainVerifier();
    const held = [verifier.skip(archived(1, 2)), verifier.add(entries[2]!), verifier.skip(archived(4, 5))];
    expect(held).toEqual([true, true, true]);
    const { last_hash } = archived(4, 5);
    expect(verifier.report).toMatchObject({ valid: true, entries: 1, first_sequence: 3, last_sequence: 5, last_hash });
  });

  it.each([
    ['begins too late', { ...archived(2, 3) }, { sequence: 1, reason: 'gap' }],
    ['follows another entry', { ...archived(1, 3), previous_hash: 'x' }, { sequence: 1, reason: 'link_mismatch' }],
  ])('when an archived range %s, then the chain is broken there', (_, range, broken) => {
    const verifier = new ChainVerifier();
    expect([verifier.skip(range), verifier.add(entries[3]!)]).toEqual([false, false]);
    expect(verifier.report.broken_at).toEqual(broken);
  });

  it('when an archived range overlaps verified entries, then the chain is broken', () => {
    const verifier = new ChainVerifier();
    verifier.add(entries[0]!);
    expect(verifier.skip(archived(1, 2))).toBe(false);
    expect(verifier.report.broken_at).toEqual({ sequence: 1, reason: 'link_mismatch' });
  });

  it('when the entry after an archived range links to another end, then the chain is broken', () => {
    const verifier = new ChainVerifier();
    verifier.skip({ ...archived(1, 2), last_hash: GENESIS.hash });
    expect(verifier.add(entries[2]!)).toBe(false);
    expect(verifier.report.broken_at).toEqual({ sequence: 3, reason: 'link_mismatch' });
  });

  it('when entries of another tenant are mixed in, then the chain is broken', () => {
    const foreign = { ...ENTRY, tenant_id: 'other' };
    const sealed = { ...foreign, ...seal(foreign, { sequence: 7, hash: GENESIS.hash }), erased_at: null };
    expect(verify([...entries, sealed], { partial: true }).broken_at).toEqual({ sequence: 8, reason: 'link_mismatch' });
  });
});

describe('a line of an export', () => {
  const [sealed] = chain(1) as [SealedEntry];

  it('reads back as its entry, and unknown members are ignored', () => {
    expect(parseEntry(JSON.stringify(sealed))).toEqual(sealed);
    expect(parseEntry(JSON.stringify({ ...sealed, more: 1 }))).toMatchObject(sealed);
  });

  it.each([
    ['', 'it is not JSON'],
    ['{"tenant_id":', 'it is not JSON'],
    ['[]', 'it is not a JSON object'],
    ['null', 'it is not a JSON object'],
    [JSON.stringify({ ...sealed, hash: null }), 'hash must be a string'],
    [JSON.stringify({ ...sealed, ip: 7 }), 'ip must be a string or null'],
    [JSON.stringify({ ...sealed, sequence: '1' }), 'sequence must be a positive integer'],
    [JSON.stringify({ ...sealed, before: undefined }), 'before must be a value or null'],
  ])('given %j, then it is refused', (line, message) => {
    expect(() => parseEntry(line)).toThrow(new MalformedEntryError(message));
  });
});
