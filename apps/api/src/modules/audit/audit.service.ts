import { Injectable, Optional } from '@nestjs/common';
import { afterCommit } from '@coditect/db/after-commit';
import type { Tx } from '@coditect/db/database';
import type { Prisma } from '@coditect/db/generated/prisma/client';
import { Clock } from '#platform/clock';
import { currentRequest } from '#platform/request-context';
import { changeOf } from '#modules/stream/changes';
import { LiveEvents } from '#modules/stream/live-events';

/** An audit entry to write. `before` and `after` have the changed fields and never a secret. */
export interface AuditEntry {
  tenantId: string;
  /** Past tense, `<resource>.<verb>`: `user.disabled`. */
  action: string;
  resourceType: string;
  resourceId: string;
  before?: Prisma.InputJsonObject;
  after?: Prisma.InputJsonObject;
  /** Set only if the actor is not the one of the request: during sign-in the request has no actor yet. */
  actorId?: string;
}

/** Writes audit entries, always in the transaction of the change that they record. Some of them are also published as
 *  live events after the commit. */
@Injectable()
export class AuditService {
  /** @param live absent in operator commands, whose changes are no live events */
  constructor(
    private readonly clock: Clock,
    @Optional() private readonly live?: LiveEvents,
  ) {}

  /** Writes one entry. Actor, ip, user agent and request id come from the request context. */
  async write(tx: Tx, entry: AuditEntry): Promise<void> {
    const { actor, ip, userAgent, requestId } = currentRequest();
    const actorId = entry.actorId ?? actor?.id;
    const actorType = entry.actorId ? 'user' : (actor?.type ?? 'system');
    const userId = entry.actorId ?? actor?.userId;
    const who = userId
      ? await tx.user.findUnique({
          where: { tenantId_id: { tenantId: entry.tenantId, id: userId } },
          select: { email: true },
        })
      : null;
    await tx.auditLog.create({
      data: {
        tenantId: entry.tenantId,
        occurredAt: this.clock.now(),
        actorType,
        actorId: actorId ?? null,
        actorName: who?.email ?? null,
        action: entry.action,
        resourceType: entry.resourceType,
        resourceId: entry.resourceId,
        before: entry.before,
        after: entry.after,
        ip: ip ?? null,
        userAgent: userAgent ?? null,
        requestId,
      },
    });
    const { live } = this;
    const change = changeOf(entry);
    if (live && change) afterCommit(tx, () => live.publish(entry.tenantId, change));
  }
}
