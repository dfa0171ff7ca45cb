import { Injectable } from '@nestjs/common';
import type { ReplayWebhookRequest, WebhookDeliveryQuery } from '@coditect/contracts/webhooks';
import { MAX_PENDING_DELIVERIES } from '@coditect/contracts/names';
import { Database, type Tx } from '@coditect/db/database';
import type { Prisma, WebhookAttempt, WebhookDelivery, WebhookEndpoint } from '@coditect/db/generated/prisma/client';
import { v7 as uuidv7 } from 'uuid';
import { AuditService } from '#modules/audit/audit.service';
import { Clock } from '#platform/clock';
import { ProblemError } from '#platform/problems/problem';
import { currentTenant } from '#platform/request-context';
import { validationFailed } from '#platform/problems/validation';
import { lockEndpoint } from '../sending/webhook-disabler.js';
import { countPending, countSelected, replanDeliveries } from '../recording/planned-deliveries.js';
import { hasSucceeded, type Sent, WebhookSender } from '../sending/webhook-sender.js';
import { found, WebhooksService } from '../webhooks.service.js';

const MAX_ATTEMPTS_SHOWN = 100;

/** The log of deliveries to an endpoint, and ways to send them again. */
@Injectable()
export class WebhookDeliveriesService {
  constructor(
    private readonly db: Database,
    private readonly webhooks: WebhooksService,
    private readonly sender: WebhookSender,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /** @throws ProblemError webhook_not_found */
  async list(endpointId: string, query: WebhookDeliveryQuery): Promise<{ count: number; rows: WebhookDelivery[] }> {
    const { tenantId } = await this.webhooks.get(endpointId);
    const where = { tenantId, endpointId, status: query.status, eventType: query.event_type };
    const [count, rows] = await Promise.all([
      this.db.tenant.webhookDelivery.count({ where }),
      this.db.tenant.webhookDelivery.findMany({
        where,
        orderBy: { sequence: query.ordering.startsWith('-') ? 'desc' : 'asc' },
        take: query.limit,
        skip: query.offset,
      }),
    ]);
    return { count, rows };
  }

  /** Returns a delivery with its last attempts, newest first, at most 100.
   *  @throws ProblemError delivery_not_found */
  async get(id: string): Promise<WebhookDelivery & { attemptsMade: WebhookAttempt[] }> {
    const delivery = await this.db.tenant.webhookDelivery.findUnique({
      where: { tenantId_id: { tenantId: currentTenant(), id }, endpoint: { deletedAt: null } },
      include: { attemptsMade: { orderBy: [{ attemptedAt: 'desc' }, { id: 'desc' }], take: MAX_ATTEMPTS_SHOWN } },
    });
    if (!delivery) throw new ProblemError('delivery_not_found');
    return delivery;
  }

  /** Makes a delivery due now, whatever its status. A finished one starts again with no attempts; a pending one does
   *  not wait for its next attempt any longer.
   *  @throws ProblemError delivery_not_found, webhook_disabled */
  async retry(id: string): Promise<WebhookDelivery> {
    const { tenantId, endpointId } = await this.get(id);
    return this.db.tenantTx(async (tx) => {
      await this.lockEnabled(tx, endpointId);
      const now = this.clock.now();
      const anew = { status: 'pending', waiting: false, attempts: 0, claimedUntil: null, completedAt: null } as const;
      const done = await tx.webhookDelivery.updateMany({
        where: { tenantId, id, status: { not: 'pending' } },
        data: { ...anew, nextAttemptAt: now },
      });
      if (done.count === 0)
        await tx.webhookDelivery.updateMany({ where: { tenantId, id }, data: { nextAttemptAt: now } });
      await this.record(tx, 'webhook.delivery_retried', endpointId, { delivery_id: id });
      return tx.webhookDelivery.findUniqueOrThrow({ where: { tenantId_id: { tenantId, id } } });
    });
  }

  /** Delivers the selected events of a time range again. Events of the last seconds may not be recorded yet.
   *  @returns how many events are delivered again
   *  @throws ProblemError webhook_not_found, webhook_disabled, validation_failed if more than MAX_PENDING_DELIVERIES
   *  would then be pending */
  async replay(endpointId: string, request: ReplayWebhookRequest): Promise<number> {
    const now = this.clock.now();
    const range = { from: new Date(request.from), to: request.to ? new Date(request.to) : now };
    return this.db.tenantTx(async (tx) => {
      const endpoint = await this.lockEnabled(tx, endpointId);
      assertFewEnough(await countSelected(tx, endpoint, range, MAX_PENDING_DELIVERIES + 1));
      const deliveries = await replanDeliveries(tx, endpoint, range, now);
      assertFewEnough(await countPending(tx, endpoint, MAX_PENDING_DELIVERIES + 1));
      const { from, to } = { from: range.from.toISOString(), to: range.to.toISOString() };
      await this.record(tx, 'webhook.replayed', endpointId, { from, to, deliveries });
      return deliveries;
    });
  }

  /** Sends a test event now, even to a disabled endpoint. It is not recorded as a delivery and does not change the
   *  failure count.
   *  @throws ProblemError webhook_not_found */
  async test(endpointId: string): Promise<Sent> {
    const endpoint = await this.webhooks.get(endpointId);
    const sent = await this.sender.send(endpoint, {
      id: uuidv7(),
      sequence: 0,
      type: 'webhook.test',
      timestamp: this.clock.now().toISOString(),
      resource_type: 'webhook',
      resource_id: endpointId,
      data: {},
    });
    const { statusCode } = sent;
    await this.db.tenantTx((tx) =>
      this.record(tx, 'webhook.tested', endpointId, { succeeded: hasSucceeded(sent), status_code: statusCode }),
    );
    return sent;
  }

  /** @throws ProblemError webhook_not_found, webhook_disabled */
  private async lockEnabled(tx: Tx, id: string): Promise<WebhookEndpoint> {
    const endpoint = found(await lockEndpoint(tx, currentTenant(), id));
    if (endpoint.status === 'disabled')
      throw new ProblemError('webhook_disabled', { detail: 'Enable the webhook first.' });
    return endpoint;
  }

  private async record(
    tx: Tx,
    action: 'webhook.tested' | 'webhook.replayed' | 'webhook.delivery_retried',
    resourceId: string,
    after: Prisma.InputJsonObject,
  ): Promise<void> {
    await this.audit.write(tx, { tenantId: currentTenant(), action, resourceType: 'webhook', resourceId, after });
  }
}

/** @throws ProblemError validation_failed */
function assertFewEnough(deliveries: number): void {
  if (deliveries > MAX_PENDING_DELIVERIES)
    throw validationFailed([
      {
        path: 'from',
        message: `more than ${MAX_PENDING_DELIVERIES} deliveries to this webhook would be pending`,
        code: 'too_big',
      },
    ]);
}
