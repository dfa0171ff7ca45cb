import { Injectable } from '@nestjs/common';
import type { Tx } from '@coditect/db/database';
import type { WebhookEndpoint } from '@coditect/db/generated/prisma/client';
import { AuditService } from '#modules/audit/audit.service';
import { MailService } from '#modules/mail/mail.service';
import { Config } from '#config/config';
import { Clock } from '#platform/clock';

/** `manual`: by a user; `gone`: the endpoint answered 410; `failing`: it failed for too long. */
export type DisabledReason = 'manual' | 'gone' | 'failing';

/** Deliveries skipped by one statement, which has a time limit. */
const SKIPPED_AT_ONCE = 10_000;

/** Disables endpoints, by hand or because they fail. */
@Injectable()
export class WebhookDisabler {
  constructor(
    private readonly audit: AuditService,
    private readonly mail: MailService,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /** Disables an endpoint and skips its pending deliveries. Unless a person asked for it, the owners get an e-mail. The
   *  transaction must hold the lock of the endpoint (lockEndpoint). */
  async disable(tx: Tx, endpoint: WebhookEndpoint, reason: DisabledReason): Promise<WebhookEndpoint> {
    const { tenantId, id } = endpoint;
    const now = this.clock.now();
    const disabled = await tx.webhookEndpoint.update({
      where: { tenantId_id: { tenantId, id } },
      data: {
        status: 'disabled',
        disabledReason: reason,
        disabledAt: now,
        version: { increment: 1 },
        updatedAt: now,
      },
    });
    await skipPending(tx, disabled, now);
    await this.audit.write(tx, {
      tenantId,
      action: 'webhook.disabled',
      resourceType: 'webhook',
      resourceId: id,
      before: { status: 'enabled' },
      after: { status: 'disabled', disabled_reason: reason },
    });
    if (reason !== 'manual') await this.mailOwners(tx, disabled, reason);
    return disabled;
  }

  private async mailOwners(tx: Tx, endpoint: WebhookEndpoint, reason: 'gone' | 'failing'): Promise<void> {
    const { tenantId, id, url } = endpoint;
    const { name, users } = await tx.tenant.findUniqueOrThrow({
      where: { id: tenantId },
      select: {
        name: true,
        users: { where: { role: 'owner', status: 'active' }, select: { email: true }, orderBy: { id: 'asc' } },
      },
    });
    for (const { email } of users)
      await this.mail.send(tx, tenantId, {
        to: email,
        template: 'webhook_disabled',
        data: {
          tenant: name,
          webhook: url,
          reason,
          at: this.clock.now().toISOString(),
          url: `${this.config.dashboardUrl}/developers/webhooks/${id}`,
        },
      });
  }
}

/** Skips pending deliveries of a disabled endpoint, at most SKIPPED_AT_ONCE. WebhookDeliverer skips the rest when one
 *  of them is due. The youngest are skipped first: the oldest of a resource stays due, so none is left waiting for
 *  ever. */
export async function skipPending(
  tx: Tx,
  { tenantId, id }: Pick<WebhookEndpoint, 'tenantId' | 'id'>,
  now: Date,
): Promise<void> {
  await tx.$executeRaw`
    UPDATE webhook_deliveries SET status = 'skipped', completed_at = ${now} WHERE (tenant_id, id) IN (
      SELECT tenant_id, id FROM webhook_deliveries
      WHERE tenant_id = ${tenantId}::uuid AND endpoint_id = ${id}::uuid AND status = 'pending'
      ORDER BY sequence DESC LIMIT ${SKIPPED_AT_ONCE})`;
}

/** Locks an endpoint until the end of the transaction and returns it; null if it does not exist or is deleted. To
 *  prevent deadlocks, lock deliveries after their endpoint, never before. */
export async function lockEndpoint(tx: Tx, tenantId: string, id: string): Promise<WebhookEndpoint | null> {
  await tx.$queryRaw`
    SELECT 1 FROM webhook_endpoints WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid FOR NO KEY UPDATE`;
  return tx.webhookEndpoint.findUnique({ where: { tenantId_id: { tenantId, id }, deletedAt: null } });
}
