import type { ProblemCode } from '@coditect/contracts/problem';
import type { License } from '@coditect/db/generated/prisma/client';

/** The state that decides whether a license grants seats now. */
export type LicenseState = Pick<License, 'status' | 'validFrom' | 'validUntil'>;

/** Returns why the license grants no seat now, or undefined if it does grant seats. */
export function refusalByLicense(license: LicenseState, now: Date): ProblemCode | undefined {
  if (license.status === 'revoked') return 'license_revoked';
  if (license.status === 'suspended') return 'license_suspended';
  if (license.validUntil && license.validUntil <= now) return 'license_expired';
  if (license.validFrom > now) return 'license_not_yet_valid';
  return undefined;
}

/** The requested features that the license does not include. */
export function missingFeatures(license: Pick<License, 'features'>, wanted: readonly string[]): string[] {
  return wanted.filter((feature) => !license.features.includes(feature));
}

/** Soonest to expire first, so that a tenant uses up what it would lose (docs/seats.md, rule 9); then the oldest. */
export function soonestToExpireFirst(
  a: Pick<License, 'validUntil' | 'id'>,
  b: Pick<License, 'validUntil' | 'id'>,
): number {
  const endOf = (license: Pick<License, 'validUntil'>) => license.validUntil?.getTime() ?? Infinity;
  if (endOf(a) !== endOf(b)) return endOf(a) - endOf(b);
  return a.id < b.id ? -1 : 1;
}

/** A third of the lease: a client may miss two heartbeats before it loses the seat (docs/seats.md, rule 10). */
export function heartbeatIntervalSeconds(leaseSeconds: number): number {
  return Math.max(1, Math.floor(leaseSeconds / 3));
}

/** If only Postgres is asked, a lease counts as lapsed this long after its recorded end. Heartbeats are written
 *  behind, so the last ones may be missing in Postgres (docs/seats.md, rule 4). */
export const UNRECORDED_HEARTBEATS_MS = 30_000;

/** Why a license session ended. Clients receive these words, so they are stable. */
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

/** The problem that the holder of an ended session gets: the state of its license, tenant or user if that state ended the
 *  session, else `lease_lost`. */
export function problemOfEnd(reason: string): ProblemCode {
  switch (reason) {
    case 'license_suspended':
    case 'license_revoked':
    case 'tenant_suspended':
    case 'tenant_closed':
    case 'user_disabled':
    case 'user_removed':
      return reason;
    default:
      return 'lease_lost';
  }
}
