import { describe, expect, it } from 'vitest';
import { withSearch } from '#shell/search-params';
import { auditFilterQuery, type AuditSearch, auditSearch } from './audit-search.ts';
import { changesBetween } from './changes.ts';

describe('the changes between two states of a resource', () => {
  it('list the fields by name as unchanged, removed, changed or added', () => {
    const before = { role: 'member', name: 'Ada', note: 'x' };
    const after = { role: 'admin', name: 'Ada', seats: 3 };
    expect(changesBetween(before, after)).toEqual([
      { field: 'name', kind: 'unchanged', before: 'Ada', after: 'Ada' },
      { field: 'note', kind: 'removed', before: 'x', after: undefined },
      { field: 'role', kind: 'changed', before: 'member', after: 'admin' },
      { field: 'seats', kind: 'added', before: undefined, after: '3' },
    ]);
  });

  it('ignore the order of the members of an object', () => {
    const [change] = changesBetween({ settings: { a: 1, b: [2] } }, { settings: { b: [2], a: 1 } });
    expect(change?.kind).toBe('unchanged');
  });

  it('distinguish null from a missing field, and work when either state is missing', () => {
    expect(changesBetween({ limit: null }, { limit: 5 })[0]).toMatchObject({ kind: 'changed', before: 'null' });
    expect(changesBetween(null, { a: 'b' })[0]?.kind).toBe('added');
    expect(changesBetween({ a: 'b' }, null)[0]?.kind).toBe('removed');
    expect(changesBetween(null, null)).toEqual([]);
  });
});

describe('the search parameters of the audit log', () => {
  it('keep the known filters with valid values, and leave out the rest', () => {
    const given = { action: 'user.*', resource_id: 42, from: '2026-11-22', to: 'soon', offset: 50, actor_id: '', x: 1 };
    expect(auditSearch(given)).toEqual({ action: 'user.*', resource_id: '42', from: '2026-11-22', offset: 50 });
    expect(auditSearch({ offset: -1, from: '2026-99-99' })).toEqual({});
  });

  it('turn days into moments of the reader’s time zone, including both days', () => {
    const { from, to } = auditFilterQuery({ from: '2026-11-22', to: '2026-11-22' });
    expect(new Date(from!)).toEqual(new Date(2026, 10, 22));
    expect(new Date(to!)).toEqual(new Date(2026, 10, 23));
  });

  it('when one is removed, then the others stay', () => {
    expect(withSearch<AuditSearch>({ action: 'a', offset: 50 }, { offset: undefined, search: 'x' })).toEqual({
      action: 'a',
      search: 'x',
    });
  });
});
