import { Injectable } from '@nestjs/common';
import type { AcquireRequest } from '@coditect/contracts/license-sessions';
import { DEFAULT_PRODUCT } from '@coditect/contracts/license-sessions';
import type { ProblemCode } from '@coditect/contracts/problem';
import { Database } from '@coditect/db/database';
import type { License } from '@coditect/db/generated/prisma/client';
import { Clock } from '#platform/clock';
import { ProblemError } from '#platform/problems/problem';
import { addToLogContext, currentTenant, currentUserId } from '#platform/request-context';
import { DenialRecorder } from './denial-recorder.js';
import { HeartbeatWriter } from '../sessions/heartbeat-writer.js';
import type { HeldSession } from '../ledger/held-session.js';
import { LicenseCatalog } from './license-catalog.js';
import { missingFeatures, refusalByLicense } from '../license-session.rules.js';
import { type GrantOutcome, SeatGrants } from './seat-grants.js';

/** The codes with which an acquire can be refused. */
export const acquireProblems = [
  'no_seats_available',
  'entitlement_missing',
  'license_not_found',
  'license_suspended',
  'license_revoked',
  'license_expired',
  'license_not_yet_valid',
  'tenant_suspended',
  'tenant_closed',
  'user_disabled',
  'user_removed',
  'temporarily_unavailable',
] as const satisfies ProblemCode[];

export interface Acquired {
  session: HeldSession;
  created: boolean;
}
type Refusal = { code: ProblemCode; license?: License; missing?: string[] };

/** Takes seats: chooses the license, and explains a refusal. */
@Injectable()
export class SeatAcquisitionService {
  constructor(
    private readonly db: Database,
    private readonly catalog: LicenseCatalog,
    private readonly grants: SeatGrants,
    private readonly denials: DenialRecorder,
    private readonly heartbeats: HeartbeatWriter,
    private readonly clock: Clock,
  ) {}

  /**
   * Takes a seat, or finds the one that this user on this machine already holds. Tries the cached licenses of the tenant
   * first. A refusal is decided only on a fresh read, and recorded with its reason.
   * @throws ProblemError no_seats_available, entitlement_missing, license_*, tenant_*, user_disabled, forbidden,
   *   temporarily_unavailable
   */
  async acquire(request: AcquireRequest): Promise<Acquired> {
    const userId = currentUserId();
    addToLogContext({ machineId: request.machine_id });
    for (const how of ['cached', 'fresh'] as const) {
      const result = await this.tryLicenses(await this.catalog.licenses(how), userId, request);
      if ('session' in result) return result;
      if (how === 'fresh') throw await this.denials.record(userId, request, result);
    }
    throw new Error('unreachable');
  }

  /** Tries the licenses that fit, soonest to expire first. A refusal by one license does not stop the search. */
  private async tryLicenses(all: License[], userId: string, request: AcquireRequest): Promise<Acquired | Refusal> {
    const product = request.product ?? DEFAULT_PRODUCT;
    const candidates = all.filter((l) => (request.license_key ? l.key === request.license_key : l.product === product));
    const usable = candidates.filter((license) => !refusalByLicense(license, this.clock.now()));
    const entitled = usable.filter((license) => missingFeatures(license, request.features).length === 0);
    if (entitled.length === 0) return this.refusalOf(candidates, usable, request);
    let refusal: Refusal = { code: 'no_seats_available', license: entitled[0] };
    for (const license of await this.heldFirst(entitled, userId, request.machine_id)) {
      const outcome = await this.grants.grant(license, {
        userId,
        machineId: request.machine_id,
        hardwareFingerprint: request.hardware_fingerprint,
      });
      if (outcome.kind === 'granted') return this.acquired(outcome);
      // The guard allowed a cached role that has changed since. This is the guard's refusal, not a denial of a seat.
      if (outcome.kind === 'refused' && outcome.code === 'forbidden')
        throw new ProblemError('forbidden', { members: { permission: 'license_session:acquire' } });
      if (outcome.kind === 'refused') refusal = { code: outcome.code, license };
    }
    return refusal;
  }

  private acquired({ session, created }: GrantOutcome & { kind: 'granted' }): Acquired {
    addToLogContext({ sessionId: session.sessionId });
    if (!created)
      this.heartbeats.add({
        tenantId: session.tenantId,
        licenseId: session.licenseId,
        sessionId: session.sessionId,
        leaseEnd: session.leaseExpiresAt,
        at: this.clock.now(),
      });
    return { session, created };
  }

  /** Puts licenses on which this holder already has a seat before the others. */
  private async heldFirst(licenses: License[], userId: string, machineId: string): Promise<License[]> {
    if (licenses.length < 2) return licenses;
    const tenantId = currentTenant();
    const held = await this.db.tenant.licenseSession.findMany({
      where: { tenantId, userId, machineId, status: 'active', licenseId: { in: licenses.map((l) => l.id) } },
      select: { licenseId: true },
    });
    const ids = new Set(held.map((session) => session.licenseId));
    return [...licenses.filter((l) => ids.has(l.id)), ...licenses.filter((l) => !ids.has(l.id))];
  }

  /** The refusal when no license is usable and has all features. */
  private refusalOf(candidates: License[], usable: License[], request: AcquireRequest): Refusal {
    const [license] = usable;
    if (license) return { code: 'entitlement_missing', license, missing: missingFeatures(license, request.features) };
    const [unusable] = candidates;
    if (!unusable) return { code: 'license_not_found' };
    return { code: refusalByLicense(unusable, this.clock.now()) ?? 'license_not_found', license: unusable };
  }
}
