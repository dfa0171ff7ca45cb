import type { Tone } from '#ui/badge';
import type { License } from './licenses-queries.ts';

const DAY_MS = 24 * 3600 * 1000;
/** So long before its end a license is worth a warning: owners are mailed from then on, too. */
const EXPIRING_DAYS = 30;
/** From this share of its seats on a license counts as nearly full; owners are mailed then, too. */
const NEARLY_FULL = 0.9;

export type LicenseState = 'active' | 'expiring' | 'expired' | 'not_yet_valid' | 'suspended' | 'revoked';

/** What a license is good for now, as acquire decides it, and whether that ends soon. */
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
