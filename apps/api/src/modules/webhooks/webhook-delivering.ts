import { Injectable } from '@nestjs/common';
import { Database, type Tx } from '@coditect/db/database';
import type { Event, Prisma, WebhookDelivery, WebhookEndpoint } from '@coditect/db/generated/prisma/client';
import { Clock } from '../../platform/clock.js';
import { requestStore } from '../../platform/request-context.js';
import { presentEvent } from './events.presenter.js';
import { lockEndpoint, WebhookDisabling } from './webhook-disabling.js';
import { hasFailedForGood, retryDelayMs } from './webhook-retries.js';
import { hasSucceeded, type Sent, WebhookSender } from './webhook-sender.js';

/** How long an attempt may take before another worker makes the next one. */
const CLAIM_MS = 60_000;
const GONE = 410;

export interface DeliveryRef {
  tenantId: string;
  id: string;
}

/** What became of it; `taken` when it is done, not due, behind an older one, or in the hands of another worker. */
export type Delivered = 'succeeded' | 'failed' | 'taken';

type Claimed = WebhookDelivery & { endpoint: WebhookEndpoint; event: Event };

/** Makes one attempt of one delivery. Postgres decides whose turn it is, so that a job delivered twice sends once. */
@Injectable()
export class WebhookDelivering {
  constructor(
    private readonly db: Database,
    private readonly sender: WebhookSender,
    private readonly disabling: WebhookDisabling,
    private readonly clock: Clock,
  ) {}

  async deliver({ tenantId, id }: DeliveryRef): Promise<Delivered> {
    return requestStore.run({ requestId: id, tenantId, actor: { type: 'system' } }, async () => {
      const delivery = await this.claim(tenantId, id);
      if (!delivery) return 'taken';
      const sent = await this.sender.send(delivery.endpoint, presentEvent(delivery.event));
      return this.db.tenantTx((tx) => this.settle(tx, delivery, sent));
    });
  }

  private async claim(tenantId: string, id: string): Promise<Claimed | null> {
    const now = this.clock.now();
    const until = new Date(now.getTime() + CLAIM_MS);
    return this.db.tenantTx(async (tx) => {
      const claimed = await tx.$executeRaw`
        UPDATE webhook_deliveries d SET attempts = attempts + 1, claimed_until = ${until}
        WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid AND status = 'pending' AND next_attempt_at <= ${now}
          AND coalesce(claimed_until <= ${now}, true) AND NOT EXISTS (
            SELECT FROM webhook_deliveries older
            WHERE older.tenant_id = d.tenant_id AND older.endpoint_id = d.endpoint_id AND older.status = 'pending'
              AND older.resource_type = d.resource_type AND older.resource_id = d.resource_id
              AND older.sequence < d.sequence)`;
      if (claimed === 0) return null;
      return tx.webhookDelivery.findUnique({
        where: { tenantId_id: { tenantId, id } },
        include: { endpoint: true, event: true },
      });
    });
  }

  private async settle(tx: Tx, delivery: Claimed, sent: Sent): Promise<Delivered> {
    const { tenantId, id, attempts } = delivery;
    const endpoint = await lockEndpoint(tx, tenantId, delivery.endpointId);
    if (!endpoint) return 'taken'; // deleted meanwhile, with its deliveries
    const { attemptedAt, durationMs, statusCode, error, body } = sent;
    await tx.webhookAttempt.create({
      data: { tenantId, deliveryId: id, attemptedAt, durationMs, statusCode, error, body },
    });
    const succeeded = hasSucceeded(sent);
    const now = this.clock.now();
    const delayMs = succeeded || statusCode === GONE ? undefined : retryDelayMs(attempts, sent.retryAfterMs);
    const { count } = await tx.webhookDelivery.updateMany({
      // A worker that was away for longer than its claim has nothing to say any more. What was skipped has arrived after all.
      where: {
        ...{ tenantId, id, claimedUntil: delivery.claimedUntil },
        status: { in: succeeded ? ['pending', 'skipped'] : ['pending'] },
      },
      data: {
        claimedUntil: null,
        ...(delayMs === undefined
          ? { status: succeeded ? 'succeeded' : 'failed', completedAt: now }
          : { nextAttemptAt: new Date(now.getTime() + delayMs) }),
      },
    });
    if (count === 0) return 'taken';
    if (succeeded) await this.noteSuccess(tx, endpoint);
    else await this.noteFailure(tx, endpoint, statusCode, now);
    return succeeded ? 'succeeded' : 'failed';
  }

  private async noteSuccess(tx: Tx, endpoint: WebhookEndpoint): Promise<void> {
    if (endpoint.consecutiveFailures > 0) await change(tx, endpoint, { consecutiveFailures: 0, failingSince: null });
  }

  private async noteFailure(tx: Tx, endpoint: WebhookEndpoint, statusCode: number | null, now: Date): Promise<void> {
    const failures = endpoint.consecutiveFailures + 1;
    const since = endpoint.failingSince ?? now;
    const failing = await change(tx, endpoint, { consecutiveFailures: failures, failingSince: since });
    if (endpoint.status === 'disabled') return;
    if (statusCode === GONE) await this.disabling.disable(tx, failing, 'gone');
    else if (hasFailedForGood(failures, since, now)) await this.disabling.disable(tx, failing, 'failing');
  }
}

async function change(
  tx: Tx,
  { tenantId, id, updatedAt }: WebhookEndpoint,
  data: Prisma.WebhookEndpointUpdateInput,
): Promise<WebhookEndpoint> {
  return tx.webhookEndpoint.update({
    where: { tenantId_id: { tenantId, id } },
    data: { ...data, version: { increment: 1 }, updatedAt },
  });
}
