import { Injectable, Optional } from '@nestjs/common';
import { afterCommit } from '@coditect/db/after-commit';
import type { Tx } from '@coditect/db/database';
import type { Prisma } from '@coditect/db/generated/prisma/client';
import { Clock } from '#platform/clock';
import { currentRequest } from '#platform/request-context';
import { changeOf } from '#modules/stream/changes';
import { LiveEvents } from '#modules/stream/live-events';

export interface AuditEntry {
  tenantId: string;
  /** Past tense, `<resource>.<verb>`: `user.disabled`. */
  action: string;
  resourceType: string;
  resourceId: string;
  before?: Prisma.InputJsonObject;
  after?: Prisma.InputJsonObject;
  /** Only when it is not the actor of the request: who is signing in is not known before. */
  actorId?: string;
}

/** Writes audit entries: always in the transaction of the change they tell of. Of some of them the live events tell, too,
 *  once it is committed. */
@Injectable()
export class AuditService {
  /** @param live not of an operator's command, which changes nothing that is told */
  constructor(
    private readonly clock: Clock,
    @Optional() private readonly live?: LiveEvents,
  ) {}

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
