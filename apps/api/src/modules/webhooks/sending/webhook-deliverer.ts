import { Injectable } from '@nestjs/common';
import { Database, type Tx } from '@coditect/db/database';
import type { Event, Prisma, WebhookDelivery, WebhookEndpoint } from '@coditect/db/generated/prisma/client';
import { Clock } from '#platform/clock';
import { requestStore } from '#platform/request-context';
import { presentEvent } from '../events/events.presenter.js';
import { lockEndpoint, skipPending, WebhookDisabler } from './webhook-disabler.js';
import { hasFailedForGood, retryDelayMs } from './webhook-retries.js';
import { hasSucceeded, type Sent, WebhookSender } from './webhook-sender.js';
import { freeNext, HAS_OLDER } from './webhook-turns.js';

/** How long a claim lasts. After that another worker may make the next attempt. */
const CLAIM_MS = 60_000;
const GONE = 410;

/** Names a delivery. It is the data of its job. */
export interface DeliveryRef {
  tenantId: string;
  id: string;
}

/** The result of an attempt. `taken` means that this worker does not decide the delivery: it is finished, not due,
 *  waits for an older one, is claimed by another worker, or its endpoint is disabled or deleted. */
export type Delivered = 'succeeded' | 'failed' | 'taken';

type Claimed = WebhookDelivery & { endpoint: WebhookEndpoint; event: Event };

/** Makes one attempt at one delivery. It claims the row in Postgres first, so that a job that runs twice sends once. */
@Injectable()
export class WebhookDeliverer {
  constructor(
    private readonly db: Database,
    private readonly sender: WebhookSender,
    private readonly disabler: WebhookDisabler,
    private readonly clock: Clock,
  ) {}

  /** Claims the delivery, sends its event once, and records the result. */
  async deliver({ tenantId, id }: DeliveryRef): Promise<Delivered> {
    return requestStore.run({ requestId: id, tenantId, actor: { type: 'system' } }, async () => {
      const delivery = await this.claim(tenantId, id);
      if (!delivery) {
        await this.putAside(tenantId, id);
        return 'taken';
      }
      const sent = await this.sender.send(delivery.endpoint, presentEvent(delivery.event));
      return this.db.tenantTx((tx) => this.settle(tx, delivery, sent));
    });
  }

  /** Claims the delivery for CLAIM_MS; null if it cannot be claimed now. */
  private async claim(tenantId: string, id: string): Promise<Claimed | null> {
    const now = this.clock.now();
    const until = new Date(now.getTime() + CLAIM_MS);
    return this.db.tenantTx(async (tx) => {
      const claimed = await tx.$executeRaw`
        UPDATE webhook_deliveries d SET attempts = attempts + 1, claimed_until = ${until}
        WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid AND status = 'pending' AND next_attempt_at <= ${now}
          AND coalesce(claimed_until <= ${now}, true) AND NOT ${HAS_OLDER}
          AND (SELECT status FROM webhook_endpoints w WHERE w.tenant_id = d.tenant_id AND w.id = d.endpoint_id) = 'enabled'`;
      if (claimed === 0) return null;
      return tx.webhookDelivery.findUnique({
        where: { tenantId_id: { tenantId, id } },
        include: { endpoint: true, event: true },
      });
    });
  }

  /** Corrects a delivery that seemed due but could not be claimed, so that it is not found again and again. If its
   *  endpoint is disabled or deleted, it is skipped. If an older delivery is pending, it is marked as waiting. */
  private async putAside(tenantId: string, id: string): Promise<void> {
    const row = { tenantId, id };
    const delivery = await this.db.tenant.webhookDelivery.findUnique({ where: { tenantId_id: row } });
    if (delivery?.status !== 'pending') return;
    await this.db.tenantTx(async (tx) => {
      const endpoint = await lockEndpoint(tx, tenantId, delivery.endpointId);
      if (endpoint?.status !== 'enabled')
        await skipPending(tx, { tenantId, id: delivery.endpointId }, this.clock.now());
      else
        await tx.$executeRaw`
          UPDATE webhook_deliveries d SET waiting = true
          WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid AND status = 'pending' AND NOT waiting AND ${HAS_OLDER}`;
    });
  }

  /** Records the attempt and what follows from it: success, retry or failure, and the endpoint's failure count. */
  private async settle(tx: Tx, delivery: Claimed, sent: Sent): Promise<Delivered> {
    const { tenantId, id, attempts } = delivery;
    const endpoint = await lockEndpoint(tx, tenantId, delivery.endpointId);
    if (!endpoint) return 'taken'; // deleted meanwhile
    const { attemptedAt, durationMs, statusCode, error, body } = sent;
    await tx.webhookAttempt.create({
      data: { tenantId, deliveryId: id, attemptedAt, durationMs, statusCode, error, body },
    });
    const succeeded = hasSucceeded(sent);
    const now = this.clock.now();
    // An answer from a URL that was changed meanwhile says nothing about the endpoint.
    const urlChanged = endpoint.url !== delivery.endpoint.url;
    const isGone = statusCode === GONE && !urlChanged;
    const delayMs = succeeded || isGone ? undefined : retryDelayMs(attempts, sent.retryAfterMs);
    const { count } = await tx.webhookDelivery.updateMany({
      // The claim must still be this one: a worker that took longer than its claim must not overwrite a later attempt.
      // A delivery that was skipped during the attempt counts as succeeded if it arrived.
      where: {
        tenantId,
        id,
        claimedUntil: delivery.claimedUntil,
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
    if (delayMs === undefined) await freeNext(tx, delivery);
    if (urlChanged) return succeeded ? 'succeeded' : 'failed';
    if (succeeded) await this.noteSuccess(tx, endpoint);
    else await this.noteFailure(tx, endpoint, isGone, now);
    return succeeded ? 'succeeded' : 'failed';
  }

  private async noteSuccess(tx: Tx, endpoint: WebhookEndpoint): Promise<void> {
    if (endpoint.consecutiveFailures > 0) await change(tx, endpoint, { consecutiveFailures: 0, failingSince: null });
  }

  private async noteFailure(tx: Tx, endpoint: WebhookEndpoint, isGone: boolean, now: Date): Promise<void> {
    const failures = endpoint.consecutiveFailures + 1;
    const since = endpoint.failingSince ?? now;
    const failing = await change(tx, endpoint, { consecutiveFailures: failures, failingSince: since });
    if (endpoint.status === 'disabled') return;
    if (isGone) await this.disabler.disable(tx, failing, 'gone');
    else if (hasFailedForGood(failures, since, now)) await this.disabler.disable(tx, failing, 'failing');
  }
}

/** Keeps the version: if each failure raised it, an `If-Match` for a failing endpoint would be outdated at once. */
async function change(
  tx: Tx,
  { tenantId, id, updatedAt }: WebhookEndpoint,
  data: Pick<Prisma.WebhookEndpointUpdateInput, 'consecutiveFailures' | 'failingSince'>,
): Promise<WebhookEndpoint> {
  return tx.webhookEndpoint.update({ where: { tenantId_id: { tenantId, id } }, data: { ...data, updatedAt } });
}
