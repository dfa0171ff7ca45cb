import { describe, expect, it } from 'vitest';
import { aLicense } from '#test/seats';
import { attentionOf, sinceMidnight } from './attention.ts';

const me = { id: 'me', role: 'owner', email_verified: true, two_factor_enabled: true } as const;
const nothing = { me, licenses: [aLicense()], denialsToday: 0, managers: [] };
const inDays = (days: number) => new Date(Date.now() + days * 24 * 3600 * 1000).toISOString();
const texts = (known: Partial<typeof nothing> | Record<string, unknown>) =>
  attentionOf({ ...nothing, ...known }).map(({ text }) => text);

describe('what needs attention', () => {
  it('is nothing when all is well', () => {
    expect(texts({})).toEqual([]);
  });

  it.each([
    ['ends within 30 days', { valid_until: inDays(29) }, 'expiring'],
    ['has ended', { valid_until: inDays(-1) }, 'expired'],
    ['is suspended', { status: 'suspended' as const }, 'suspended'],
    ['has all seats in use', { seats_in_use: 5, seats_free: 0 }, 'full'],
    ['has nine tenths of its seats in use', { seats_total: 10, seats_in_use: 9, seats_free: 1 }, 'nearlyFull'],
  ])('includes a license that %s', (_, changes, text) => {
    const [item, ...more] = attentionOf({ ...nothing, licenses: [aLicense(changes)] });
    expect([item?.text, more]).toEqual([text, []]);
    expect(item?.place).toEqual({ to: '/licenses/$id', params: { id: aLicense().id } });
  });

  it.each([
    ['ends in 31 days', { valid_until: inDays(31) }],
    ['has no end', { valid_until: null }],
    ['is revoked for good', { status: 'revoked' as const }],
    ['has fewer than nine tenths of its seats in use', { seats_total: 10, seats_in_use: 8, seats_free: 2 }],
  ])('does not include a license that %s', (_, changes) => {
    expect(texts({ licenses: [aLicense(changes)] })).toEqual([]);
  });

  it('includes a missing verified address and, for owners and admins, a missing second factor of the own account', () => {
    expect(texts({ me: { ...me, email_verified: false, two_factor_enabled: false } })).toEqual([
      'email',
      'secondFactor',
    ]);
    expect(texts({ me: { ...me, role: 'member', two_factor_enabled: false } })).toEqual([]);
  });

  it('includes other owners and admins without a second factor', () => {
    const managers = [
      { id: 'me', two_factor_enabled: false },
      { id: 'other', two_factor_enabled: false },
      { id: 'third', two_factor_enabled: true },
    ];
    expect(attentionOf({ ...nothing, managers })).toMatchObject([{ text: 'managersWithoutSecondFactor', count: 1 }]);
  });

  it('includes denials of today; the most severe item comes first', () => {
    const licenses = [aLicense({ seats_in_use: 5, seats_free: 0 })];
    expect(texts({ licenses, denialsToday: 3 })).toEqual(['full', 'denialsToday']);
  });
});

it('counts denials since local midnight', () => {
  const now = new Date(2026, 10, 23, 9, 30);
  const at = (hour: number, denials: number) => ({
    starts_at: new Date(2026, 10, 23, hour).toISOString(),
    denials,
    attempts: denials,
  });
  expect(sinceMidnight([at(-1, 4), at(0, 1), at(9, 2)], now)).toBe(3);
});
