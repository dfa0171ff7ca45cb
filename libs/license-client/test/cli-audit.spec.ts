import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ndjson, sealedEntries } from './audit-export.js';
import { CliHarness } from './cli-harness.js';

const entries = sealedEntries(5);
const lastHash = entries[4]!.hash;
const forged = entries.map((entry) => (entry.sequence === 3 ? { ...entry, action: 'user.enabled' } : entry));
const erased = entries.map((entry) =>
  entry.sequence === 2
    ? { ...entry, actor_name: null, ip: null, actor_salt: null, erased_at: '2026-12-01T00:00:00.000Z' }
    : entry,
);
const selection = entries.filter(({ sequence }) => sequence > 1 && sequence !== 4);

describe('coditect-license audit verify', () => {
  let cli: CliHarness;
  beforeAll(async () => {
    cli = await CliHarness.start();
  });
  afterAll(() => cli.close());

  const verify = async (content: string, ...options: string[]) => {
    const file = await cli.write('audit.ndjson', content);
    return cli.json(['audit', 'verify', file, ...options]);
  };

  it('given an intact log, then it prints what it verified and the last hash, and exits with 0', async () => {
    const file = await cli.write('audit.ndjson', ndjson(entries));
    const { exit, stdout } = await cli.run(['audit', 'verify', file]);
    expect(exit).toBe(0);
    expect(stdout).toContain('The audit log is intact.');
    expect(stdout).toContain('5 entries, 1 to 5');
    expect(stdout).toContain(lastHash);
  });

  it('reads standard input', async () => {
    const { exit, stdout } = await cli.run(['audit', 'verify', '-'], { input: ndjson(entries) });
    expect([exit, stdout]).toEqual([0, expect.stringContaining(lastHash)]);
  });

  it('given a changed log, then it prints where it is broken, and exits with 1', async () => {
    const { exit, data } = await verify(ndjson(forged));
    expect([exit, data]).toMatchObject([
      1,
      { valid: false, entries: 2, broken_at: { sequence: 3, reason: 'hash_mismatch' } },
    ]);
    const file = await cli.write('audit.ndjson', ndjson(entries.slice(1)));
    expect((await cli.run(['audit', 'verify', file])).stdout).toContain('1: it is missing (gap)');
  });

  it('accepts an erased entry', async () => {
    expect(await verify(ndjson(erased))).toMatchObject({ exit: 0, data: { valid: true, erased: 1 } });
  });

  it('accepts a selection only with --partial', async () => {
    expect(await verify(ndjson(selection))).toMatchObject({ exit: 1, data: { broken_at: { reason: 'gap' } } });
    expect(await verify(ndjson(selection), '--partial')).toMatchObject({ exit: 0, data: { entries: 3 } });
  });

  it('with --after, accepts only a log that continues after that entry', async () => {
    const rest = ndjson(entries.slice(2));
    expect(await verify(rest)).toMatchObject({ exit: 1, data: { broken_at: { sequence: 1, reason: 'gap' } } });
    const after = (hash: string) => verify(rest, '--after', `2:${hash}`);
    expect(await after(entries[1]!.hash)).toMatchObject({ exit: 0, data: { entries: 3, last_hash: lastHash } });
    expect(await after(lastHash)).toMatchObject({ exit: 1, data: { broken_at: { reason: 'link_mismatch' } } });
  });

  it('verifies several files as one log, even if the end of one and the start of the next are interleaved', async () => {
    const of = (...sequences: number[]) => ndjson(entries.filter(({ sequence }) => sequences.includes(sequence)));
    const files = [await cli.write('1.ndjson', of(1, 2, 4)), await cli.write('2.ndjson', of(3, 5))];
    const report = await cli.json(['audit', 'verify', ...files.toReversed()]);
    expect(report).toMatchObject({ exit: 0, data: { valid: true, entries: 5, last_hash: lastHash } });
    expect(await cli.json(['audit', 'verify', files[0]!])).toMatchObject({ exit: 1, data: { entries: 2 } });
  });

  it('verifies each organization of an archive separately, and names the one with a broken chain', async () => {
    const [ours, theirs] = [entries.slice(1), sealedEntries(3, 'f195a4bf-8e1d-7c3a-9f42-61d7b0c5e8a1')];
    const archive = ndjson([...ours, ...theirs]);
    const whole = await verify(archive, '--archive');
    expect(whole).toMatchObject({ exit: 0, data: { valid: true, entries: 7, organizations: 2, last_hash: null } });
    expect(await verify(archive, '--partial')).toMatchObject({ exit: 1 });
    const tampered = ndjson([...ours, ...theirs.map((entry) => ({ ...entry, action: 'x' }))]);
    expect(await verify(tampered, '--archive')).toMatchObject({
      exit: 1,
      data: { entries: 4, broken_in: theirs[0]!.tenant_id, broken_at: { sequence: 1, reason: 'hash_mismatch' } },
    });
  });

  it.each([[['--after', '2']], [['--after', '2:x']], [['--partial', '--archive']]])('refuses %j', async (options) => {
    expect(await verify(ndjson(entries), ...options)).toMatchObject({ exit: 2 });
  });

  it('with --anchor, detects a rewritten log that is valid in itself', async () => {
    expect(await verify(ndjson(entries), '--anchor', entries[2]!.hash)).toMatchObject({ exit: 0 });
    expect(await verify(ndjson(sealedEntries(5)), '--anchor', lastHash)).toMatchObject({
      exit: 1,
      data: { valid: false, anchored: false },
    });
    expect(await verify(ndjson(entries.slice(0, 4)), '--anchor', lastHash)).toMatchObject({ exit: 1 });
  });

  it('accepts a hash that begins with a dash, but no option in place of a hash', async () => {
    expect(await verify(ndjson(entries), '--anchor', '-8JxbW')).toMatchObject({ exit: 1, data: { anchored: false } });
    expect(await verify(ndjson(entries), '--anchor', '--json')).toMatchObject({ exit: 2 });
  });

  it('exits with 2 for a truncated line, a file of another kind, a missing file, or wrong usage', async () => {
    const cut = ndjson(entries).slice(0, -20);
    expect(await verify(cut)).toMatchObject({
      exit: 2,
      data: { error: { code: 'usage', message: expect.stringContaining('line 5') } },
    });
    expect((await verify('sequence,occurred_at\r\n')).exit).toBe(2);
    for (const args of [['verify', 'missing.ndjson'], ['verify', '.'], ['verify'], ['check', 'x'], []])
      expect((await cli.run(['audit', ...args])).exit).toBe(2);
  });
});
