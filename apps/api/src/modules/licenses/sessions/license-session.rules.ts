import type { ProblemCode } from '@coditect/contracts/problem';
import type { License } from '@coditect/db/generated/prisma/client';

/** The state that decides whether a license may grant or keep seats now. */
export type LicenseState = Pick<License, 'status' | 'validFrom' | 'validUntil'>;

/** Why a license grants no seat now, or undefined if it may. */
export function refusalByLicense(license: LicenseState, now: Date): ProblemCode | undefined {
  if (license.status === 'revoked') return 'license_revoked';
  if (license.status === 'suspended') return 'license_suspended';
  if (license.validUntil && license.validUntil <= now) return 'license_expired';
  if (license.validFrom > now) return 'license_not_yet_valid';
  return undefined;
}

/** The features asked for that a license does not include. */
export function missingFeatures(license: Pick<License, 'features'>, wanted: readonly string[]): string[] {
  return wanted.filter((feature) => !license.features.includes(feature));
}

/** Soonest to expire first, so that a tenant uses up what it would lose (design section 5.9); then the oldest. */
export function soonestToExpireFirst(
  a: Pick<License, 'validUntil' | 'id'>,
  b: Pick<License, 'validUntil' | 'id'>,
): number {
  const endOf = (license: Pick<License, 'validUntil'>) => license.validUntil?.getTime() ?? Infinity;
  if (endOf(a) !== endOf(b)) return endOf(a) - endOf(b);
  return a.id < b.id ? -1 : 1;
}

/** A third of the lease: two beats may be lost before a seat is (design section 5.10). */
export function heartbeatIntervalSeconds(leaseSeconds: number): number {
  return Math.max(1, Math.floor(leaseSeconds / 3));
}

/** Why a license session ended. Clients are told, so the words are stable. */
export const endReasons = [
  'released',
  'lease_expired',
  'session_ended',
  'revoked',
  'license_suspended',
  'license_revoked',
  'tenant_suspended',
  'tenant_closed',
  'user_disabled',
  'user_removed',
] as const;
export type EndReason = (typeof endReasons)[number];

/** What the holder of an ended session is told: the state of its license, tenant or user if that ended it, else that the
 *  lease is lost. */
export function problemOfEnd(reason: string): ProblemCode {
  switch (reason as EndReason) {
    case 'license_suspended':
    case 'license_revoked':
    case 'tenant_suspended':
    case 'tenant_closed':
    case 'user_disabled':
    case 'user_removed':
      return reason as ProblemCode;
    default:
      return 'lease_lost';
  }
}
