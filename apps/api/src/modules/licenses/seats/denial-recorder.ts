import { Injectable } from '@nestjs/common';
import type { AcquireRequest } from '@coditect/contracts/license-sessions';
import type { ProblemCode } from '@coditect/contracts/problem';
import { Database } from '@coditect/db/database';
import type { License } from '@coditect/db/generated/prisma/client';
import { Clock } from '#platform/clock';
import { licenseDenials } from '#platform/observability/metrics';
import { ProblemError } from '#platform/problems/problem';
import { currentRequest, currentTenant } from '#platform/request-context';
import { holdsSeat } from '#modules/seats-in-use/seats-in-use';
import { LiveEvents } from '#modules/stream/live-events';

const MAX_OWN_SESSIONS = 20;

/** Records refused acquires with their reason, and makes the problem that tells the caller what to do. */
@Injectable()
export class DenialRecorder {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly live: LiveEvents,
  ) {}

  /** Writes the denial and returns the problem to throw. */
  async record(
    userId: string,
    request: AcquireRequest,
    refusal: { code: ProblemCode; license?: License; missing?: string[] },
  ): Promise<ProblemError> {
    const { code, license, missing } = refusal;
    const tenantId = currentTenant();
    const { id: denialId } = await this.db.tenant.denial.create({
      data: {
        tenantId,
        licenseId: license?.id,
        userId,
        machineId: request.machine_id,
        product: request.product ?? null,
        features: request.features,
        reason: code,
        occurredAt: this.clock.now(),
        requestId: currentRequest().requestId,
      },
      select: { id: true },
    });
    this.live.publish(tenantId, {
      type: 'denial.created',
      denialId,
      licenseId: license?.id ?? null,
      userId,
      machineId: request.machine_id,
      reason: code,
    });
    licenseDenials.inc({ reason: code });
    if (code === 'no_seats_available' && license) return this.noSeats(userId, license);
    return new ProblemError(code, {
      detail: missing ? `The license does not include: ${missing.join(', ')}.` : undefined,
      members: { ...(license ? { license_id: license.id } : {}), ...(missing ? { missing_features: missing } : {}) },
    });
  }

  /** Includes the caller's own sessions, so that the caller can release one of them. */
  private async noSeats(userId: string, license: License): Promise<ProblemError> {
    const live = { tenantId: license.tenantId, licenseId: license.id, ...holdsSeat(this.clock.now()) };
    const [seatsInUse, own] = await Promise.all([
      this.db.tenant.licenseSession.count({ where: live }),
      this.db.tenant.licenseSession.findMany({
        where: { ...live, userId },
        select: { id: true, machineId: true, lastHeartbeatAt: true, leaseExpiresAt: true },
        orderBy: { lastHeartbeatAt: 'asc' },
        take: MAX_OWN_SESSIONS,
      }),
    ]);
    return new ProblemError('no_seats_available', {
      detail:
        own.length > 0
          ? 'You hold seats on other machines: release one of them.'
          : 'Wait for a seat, or ask an admin to free one.',
      members: {
        license_id: license.id,
        seats_total: license.seatsTotal,
        seats_in_use: seatsInUse,
        own_sessions: own.map((session) => ({
          session_id: session.id,
          machine_id: session.machineId,
          last_heartbeat_at: session.lastHeartbeatAt.toISOString(),
          lease_expires_at: session.leaseExpiresAt.toISOString(),
        })),
      },
    });
  }
}
