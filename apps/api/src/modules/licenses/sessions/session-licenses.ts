import { Injectable } from '@nestjs/common';
import type { SignedLicense } from '@coditect/contracts/license-sessions';
import { Database } from '@coditect/db/database';
import { Clock } from '#platform/clock';
import { ProblemError } from '#platform/problems/problem';
import { LicenseSessionList } from './license-session-list.js';
import { problemOfEnd, refusalByLicense } from '../license-session.rules.js';
import { LicenseSigning } from '../signing/license-signing.js';

/** Signs the license of a live session again, for use outside of the program that took the seat. */
@Injectable()
export class SessionLicenses {
  constructor(
    private readonly db: Database,
    private readonly sessions: LicenseSessionList,
    private readonly signing: LicenseSigning,
    private readonly clock: Clock,
  ) {}

  /** Returns a new signature of the grant that acquire returned.
   *  @throws ProblemError session_not_found, lease_lost, license_*, tenant_*, user_*, temporarily_unavailable */
  async get(sessionId: string): Promise<SignedLicense> {
    const session = await this.sessions.get(sessionId);
    const { tenantId, licenseId } = session;
    const now = this.clock.now();
    if (session.status !== 'active' || session.leaseExpiresAt <= now)
      throw new ProblemError(problemOfEnd(session.endReason ?? 'lease_expired'));
    const license = await this.db.tenant.license.findUnique({ where: { tenantId_id: { tenantId, id: licenseId } } });
    if (!license) throw new ProblemError('session_not_found');
    const refusal = refusalByLicense(license, now);
    if (refusal) throw new ProblemError(refusal);
    const { leaseSeconds, planTier, features } = license;
    return this.signing.sign({ ...session, sessionId, leaseSeconds, planTier, features });
  }
}
