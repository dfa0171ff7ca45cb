import { Injectable } from '@nestjs/common';
import type { CreateWebhookRequest, UpdateWebhookRequest, WebhookQuery } from '@coditect/contracts/webhooks';
import { MAX_WEBHOOKS } from '@coditect/contracts/names';
import { Database, type Tx } from '@coditect/db/database';
import type { Prisma, WebhookEndpoint } from '@coditect/db/generated/prisma/client';
import { v7 as uuidv7 } from 'uuid';
import { changedFields } from '#modules/audit/changed-fields';
import { AuditService } from '#modules/audit/audit.service';
import { Clock } from '#platform/clock';
import { orderBy } from '#platform/lists/paging';
import { checkVersion } from '#platform/versions/preconditions';
import { ProblemError } from '#platform/problems/problem';
import { currentTenant } from '#platform/request-context';
import { validationFailed } from '#platform/problems/validation';
import { WebhookAddresses } from './sending/webhook-addresses.js';
import { lockEndpoint, skipPending, WebhookDisabler } from './sending/webhook-disabler.js';
import { WebhookSecrets } from './sending/webhook-secrets.js';

/** The secret in plain text, which is shown once, and the row, which stores it encrypted. */
export interface NewSecret {
  row: WebhookEndpoint;
  secret: string;
}

/** How long after a rotation the previous secret signs as well. */
const OVERLAP_MS = 24 * 60 * 60 * 1000;

/** The webhook endpoints of the current tenant. */
@Injectable()
export class WebhooksService {
  constructor(
    private readonly db: Database,
    private readonly audit: AuditService,
    private readonly addresses: WebhookAddresses,
    private readonly secrets: WebhookSecrets,
    private readonly disabler: WebhookDisabler,
    private readonly clock: Clock,
  ) {}

  /** Returns a page of the endpoints that are not deleted, and the count of all of them. */
  async list(query: WebhookQuery): Promise<{ count: number; rows: WebhookEndpoint[] }> {
    const where = { tenantId: currentTenant(), status: query.status, deletedAt: null };
    const [count, rows] = await Promise.all([
      this.db.tenant.webhookEndpoint.count({ where }),
      this.db.tenant.webhookEndpoint.findMany({
        where,
        orderBy: orderBy(query.ordering),
        take: query.limit,
        skip: query.offset,
      }),
    ]);
    return { count, rows };
  }

  /** @throws ProblemError webhook_not_found */
  async get(id: string): Promise<WebhookEndpoint> {
    const tenantId = currentTenant();
    const where = { tenantId_id: { tenantId, id }, deletedAt: null };
    return found(await this.db.tenant.webhookEndpoint.findUnique({ where }));
  }

  /** Creates an endpoint. The secret is in this answer only.
   *  @throws ProblemError validation_failed for a URL that is not allowed, quota_exceeded at MAX_WEBHOOKS */
  async create({ url, description, event_types }: CreateWebhookRequest): Promise<NewSecret> {
    this.assertAllowed(url);
    const endpoint = { tenantId: currentTenant(), id: uuidv7() };
    const eventTypes = selection(event_types);
    const { secret, sealed } = this.secrets.make(endpoint);
    const row = await this.db.tenantTx(async (tx) => {
      await assertRoom(tx, endpoint.tenantId);
      const now = this.clock.now();
      const created = await tx.webhookEndpoint.create({
        data: { ...endpoint, url, description, eventTypes, secret: sealed, createdAt: now, updatedAt: now },
      });
      await this.record(tx, 'webhook.created', endpoint.id, { after: { url, description, event_types: eventTypes } });
      return created;
    });
    return { row, secret };
  }

  /** Ignores unchanged fields. Resets the failure count when the URL changes.
   *  @throws ProblemError webhook_not_found, precondition_failed, validation_failed */
  async update(id: string, request: UpdateWebhookRequest): Promise<WebhookEndpoint> {
    if (request.url !== undefined) this.assertAllowed(request.url);
    return this.db.tenantTx(async (tx) => {
      const endpoint = await this.lock(tx, id);
      const { before, after } = changes(endpoint, request);
      if (Object.keys(after).length === 0) return endpoint;
      const { url, description, event_types: eventTypes } = after;
      const fresh = url === undefined ? {} : { consecutiveFailures: 0, failingSince: null };
      const changed = await this.write(tx, endpoint, { url, description, eventTypes, ...fresh });
      await this.record(tx, 'webhook.updated', id, { before, after });
      return changed;
    });
  }

  /** Hides the endpoint and its deliveries at once. EventCleanup deletes the rows within the hour, because there may be
   *  too many deliveries for one statement.
   *  @throws ProblemError webhook_not_found, precondition_failed */
  async delete(id: string): Promise<void> {
    await this.db.tenantTx(async (tx) => {
      const endpoint = await this.lock(tx, id);
      const { url, description, eventTypes, status, disabledReason } = endpoint;
      const now = this.clock.now();
      await this.write(tx, endpoint, {
        status: 'disabled',
        disabledReason: disabledReason ?? 'manual',
        deletedAt: now,
        disabledAt: endpoint.disabledAt ?? now,
      });
      await skipPending(tx, endpoint, now);
      await this.record(tx, 'webhook.deleted', id, {
        before: { url, description, event_types: eventTypes, status },
      });
    });
  }

  /** Replaces the secret. The replaced one signs beside the new one for 24 hours; an older one stops signing at once.
   *  @throws ProblemError webhook_not_found, precondition_failed */
  async rotateSecret(id: string): Promise<NewSecret> {
    const { secret, sealed } = this.secrets.make({ tenantId: currentTenant(), id });
    const row = await this.db.tenantTx(async (tx) => {
      const endpoint = await this.lock(tx, id);
      const previousSecretUntil = new Date(this.clock.now().getTime() + OVERLAP_MS);
      const rotated = await this.write(tx, endpoint, {
        secret: sealed,
        previousSecret: endpoint.secret,
        previousSecretUntil,
      });
      await this.record(tx, 'webhook.secret_rotated', id, {
        after: { previous_secret_until: previousSecretUntil.toISOString() },
      });
      return rotated;
    });
    return { row, secret };
  }

  /** Deliveries skipped while the endpoint was disabled stay skipped. They can be replayed.
   *  @throws ProblemError webhook_not_found, precondition_failed */
  async enable(id: string): Promise<WebhookEndpoint> {
    return this.db.tenantTx(async (tx) => {
      const endpoint = await this.find(tx, id);
      if (endpoint.status === 'enabled') return endpoint;
      checkVersion(endpoint.version);
      const enabled = await this.write(tx, endpoint, {
        status: 'enabled',
        disabledReason: null,
        disabledAt: null,
        consecutiveFailures: 0,
        failingSince: null,
      });
      await this.record(tx, 'webhook.enabled', id, {
        before: { status: 'disabled', disabled_reason: endpoint.disabledReason },
        after: { status: 'enabled' },
      });
      return enabled;
    });
  }

  /** @throws ProblemError webhook_not_found, precondition_failed */
  async disable(id: string): Promise<WebhookEndpoint> {
    return this.db.tenantTx(async (tx) => {
      const endpoint = await this.find(tx, id);
      if (endpoint.status === 'disabled') return endpoint;
      checkVersion(endpoint.version);
      return this.disabler.disable(tx, endpoint, 'manual');
    });
  }

  private assertAllowed(url: string): void {
    const message = this.addresses.refusalOf(url);
    if (message) throw validationFailed([{ path: 'url', message, code: 'url_not_allowed' }]);
  }

  private async lock(tx: Tx, id: string): Promise<WebhookEndpoint> {
    const endpoint = await this.find(tx, id);
    checkVersion(endpoint.version);
    return endpoint;
  }

  private async find(tx: Tx, id: string): Promise<WebhookEndpoint> {
    return found(await lockEndpoint(tx, currentTenant(), id));
  }

  private async write(
    tx: Tx,
    { tenantId, id }: WebhookEndpoint,
    data: Prisma.WebhookEndpointUncheckedUpdateInput,
  ): Promise<WebhookEndpoint> {
    return tx.webhookEndpoint.update({
      where: { tenantId_id: { tenantId, id } },
      data: { ...data, version: { increment: 1 }, updatedAt: this.clock.now() },
    });
  }

  private async record(
    tx: Tx,
    action: `webhook.${string}`,
    resourceId: string,
    diff: { before?: Prisma.InputJsonObject; after?: Prisma.InputJsonObject },
  ): Promise<void> {
    await this.audit.write(tx, { tenantId: currentTenant(), action, resourceType: 'webhook', resourceId, ...diff });
  }
}

/** @throws ProblemError webhook_not_found */
export function found(endpoint: WebhookEndpoint | null): WebhookEndpoint {
  if (!endpoint) throw new ProblemError('webhook_not_found');
  return endpoint;
}

/** Takes a lock until the end of the transaction, so that two requests cannot both take the last place.
 *  @throws ProblemError quota_exceeded */
async function assertRoom(tx: Tx, tenantId: string): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`max_webhooks:${tenantId}`}, 0))`;
  const used = await tx.webhookEndpoint.count({ where: { tenantId, deletedAt: null } });
  if (used >= MAX_WEBHOOKS)
    throw new ProblemError('quota_exceeded', {
      detail: `An organization has at most ${MAX_WEBHOOKS} webhooks; delete one that is not needed.`,
      members: { quota: 'max_webhooks', limit: MAX_WEBHOOKS, used },
    });
}

/** Returns the selection in one canonical form: without duplicates, sorted, and `*` alone if it is among them. */
function selection(eventTypes: readonly string[]): string[] {
  return eventTypes.includes('*') ? ['*'] : [...new Set(eventTypes)].toSorted();
}

/** Returns the fields of the request that differ from the endpoint, before and after. */
function changes(endpoint: WebhookEndpoint, request: UpdateWebhookRequest) {
  const now = { url: endpoint.url, description: endpoint.description, event_types: endpoint.eventTypes };
  const wanted = { ...request, ...(request.event_types && { event_types: selection(request.event_types) }) };
  return changedFields(now, wanted);
}
