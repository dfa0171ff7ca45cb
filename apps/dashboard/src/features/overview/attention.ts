import type { LinkProps } from '@tanstack/react-router';
import { isFull, isNearlyFull, stateOf } from '#seats/license-state';
import { type License, licenseLabel } from '#seats/licenses-queries';
import type { Message } from '#session/api';

type Place = Pick<LinkProps, 'to' | 'params' | 'search'>;

/** An item that needs attention: the key of its text, the values in the text, and the page it links to. */
export type Attention = { tone: 'danger' | 'warning' | 'info'; place: Place } & (
  | { text: 'expiring' | 'expired' | 'suspended'; license: string; at: string | null }
  | { text: 'full' | 'nearlyFull'; license: string; used: number; total: number }
  | { text: 'email' | 'secondFactor' }
  | { text: 'managersWithoutSecondFactor' | 'denialsToday'; count: number }
);

interface Known {
  me: Pick<Message['Me'], 'id' | 'role' | 'email_verified' | 'two_factor_enabled'>;
  licenses: readonly License[];
  /** Acquires refused since midnight; undefined without permission to read them. */
  denialsToday: number | undefined;
  /** Owners and admins; empty without permission to read them. */
  managers: readonly Pick<Message['User'], 'id' | 'two_factor_enabled'>[];
}

const ORDER = { danger: 0, warning: 1, info: 2 };

/** Returns what needs attention, the most severe first. */
export function attentionOf({ me, licenses, denialsToday, managers }: Known, now = Date.now()): Attention[] {
  const items = licenses.flatMap((license) => ofLicense(license, now));
  if (!me.email_verified) items.push({ tone: 'warning', text: 'email', place: { to: '/profile' } });
  if (!me.two_factor_enabled && (me.role === 'owner' || me.role === 'admin'))
    items.push({ tone: 'warning', text: 'secondFactor', place: { to: '/profile' } });
  const count = managers.filter(({ id, two_factor_enabled }) => id !== me.id && !two_factor_enabled).length;
  if (count > 0) items.push({ tone: 'info', text: 'managersWithoutSecondFactor', count, place: { to: '/team' } });
  if (denialsToday)
    items.push({ tone: 'warning', text: 'denialsToday', count: denialsToday, place: { to: '/analytics' } });
  return items.toSorted((a, b) => ORDER[a.tone] - ORDER[b.tone]);
}

function ofLicense(license: License, now: number): Attention[] {
  const place: Place = { to: '/licenses/$id', params: { id: license.id } };
  const name = licenseLabel(license);
  const state = stateOf(license, now);
  const seats = { license: name, used: license.seats_in_use, total: license.seats_total };
  const items: Attention[] = [];
  if (state === 'expiring') items.push({ tone: 'warning', text: state, license: name, at: license.valid_until, place });
  if (state === 'suspended' || state === 'expired')
    items.push({ tone: 'danger', text: state, license: name, at: license.valid_until, place });
  if (isFull(license)) items.push({ tone: 'danger', text: 'full', ...seats, place });
  if (isNearlyFull(license)) items.push({ tone: 'warning', text: 'nearlyFull', ...seats, place });
  return items;
}

/** Sums the hours of a series since local midnight. */
export function sinceMidnight(series: Message['DenialReport']['series'], now = new Date()): number {
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  return series
    .filter(({ starts_at }) => Date.parse(starts_at) >= midnight)
    .reduce((sum, { denials }) => sum + denials, 0);
}
