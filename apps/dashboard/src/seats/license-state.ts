import type { Tone } from '#ui/badge';
import type { License } from './licenses-queries.ts';

const DAY_MS = 24 * 3600 * 1000;
/** From so many days before its end on, a license is shown with a warning. Owners get a mail at that time too. */
const EXPIRING_DAYS = 30;
/** A license with this share of its seats in use counts as nearly full. Owners get a mail then too. */
const NEARLY_FULL = 0.9;

export type LicenseState = 'active' | 'expiring' | 'expired' | 'not_yet_valid' | 'suspended' | 'revoked';

/** Returns whether a license grants seats now, by the rules of acquire, and whether it ends soon. */
export function stateOf({ status, valid_from, valid_until }: License, now = Date.now()): LicenseState {
  if (status !== 'active') return status;
  const end = valid_until === null ? Infinity : Date.parse(valid_until);
  if (end <= now) return 'expired';
  if (Date.parse(valid_from) > now) return 'not_yet_valid';
  return end - now < EXPIRING_DAYS * DAY_MS ? 'expiring' : 'active';
}

export const stateTones: Record<LicenseState, Tone> = {
  active: 'success',
  expiring: 'warning',
  expired: 'danger',
  not_yet_valid: 'neutral',
  suspended: 'danger',
  revoked: 'danger',
};

const grants = (license: License): boolean => ['active', 'expiring'].includes(stateOf(license));

/** Whether it would grant seats, had it one left. */
export const isFull = (license: License): boolean => grants(license) && license.seats_free <= 0;

export const isNearlyFull = (license: License): boolean =>
  grants(license) &&
  !isFull(license) &&
  license.seats_total > 1 &&
  license.seats_in_use >= license.seats_total * NEARLY_FULL;
