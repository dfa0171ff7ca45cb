import { randomBytes, randomUUID } from 'node:crypto';
import type { Database } from '../src/database.js';

const HOUR_MS = 3_600_000;

/** The ids of a tenant that has a row in every tenant table. */
export interface TenantRows {
  id: string;
  userId: string;
  licenseId: string;
  /** `machines.machine_id`, not the id of the row. */
  machineId: string;
}

/** Creates rows that differ only in their ids, so that only `tenant_id` tells two tenants apart. */
export async function createTenantRows(db: Database, slug: string): Promise<TenantRows> {
  const now = new Date();
  const later = new Date(now.getTime() + HOUR_MS);
  const secret = () => new Uint8Array(randomBytes(32));
  const { id: tenantId } = await db.system.tenant.create({ data: { slug, name: 'Tenant' } });
  const machineId = randomUUID();
  return db.systemTx(async (tx) => {
    const { id: userId } = await tx.user.create({ data: { tenantId, email: 'owner@example.com', name: 'Owner' } });
    const { id: licenseId } = await tx.license.create({
      data: { tenantId, key: 'KEY', product: 'ide', planTier: 'pro', seatsTotal: 5, features: ['editor'] },
    });
    await tx.identity.create({ data: { tenantId, userId, provider: 'google', subject: '1' } });
    await tx.invitation.create({
      data: {
        tenantId,
        email: 'new@example.com',
        role: 'member',
        tokenHash: secret(),
        invitedBy: userId,
        expiresAt: later,
      },
    });
    const { id: familyId } = await tx.login.create({
      data: { tenantId, userId, method: 'password', expiresAt: later },
    });
    await tx.refreshToken.create({
      data: { tenantId, userId, familyId, tokenHash: secret(), expiresAt: later, ip: '192.0.2.1' },
    });
    await tx.recoveryCode.create({ data: { tenantId, userId, codeHash: secret() } });
    await tx.oneTimeToken.create({
      data: {
        tenantId,
        userId,
        purpose: 'password_reset',
        email: 'owner@example.com',
        tokenHash: secret(),
        expiresAt: later,
      },
    });
    await tx.idempotencyKey.create({
      data: {
        tenantId,
        actorId: userId,
        key: 'once',
        operation: 'POST /api/v1/projects',
        requestHash: secret(),
        lockedUntil: later,
        expiresAt: later,
      },
    });
    await tx.dataExport.create({ data: { tenantId, requestedBy: userId } });
    await tx.apiKey.create({
      data: { tenantId, userId, name: 'CI', prefix: 'ck_1', keyHash: secret(), scopes: ['read'] },
    });
    await tx.machine.create({ data: { tenantId, machineId, hardwareFingerprint: { cpu: 'x' } } });
    await tx.licenseSession.create({
      data: {
        tenantId,
        licenseId,
        userId,
        machineId,
        seatNo: 1,
        tokenSalt: secret(),
        tokenHash: secret(),
        startedAt: now,
        lastHeartbeatAt: now,
        leaseExpiresAt: later,
        expiresAt: later,
      },
    });
    await tx.project.create({ data: { tenantId, ownerId: userId, name: 'Project' } });
    await tx.subscription.create({
      data: {
        tenantId,
        stripeSubscriptionId: 'sub_1',
        status: 'active',
        planTier: 'pro',
        seats: 5,
        stripeUpdatedAt: now,
      },
    });
    await tx.auditLog.create({
      data: { tenantId, actorType: 'system', action: 'tenant.created', resourceType: 'tenant' },
    });
    await tx.auditChainCut.create({
      data: {
        tenantId,
        month: new Date('2026-01-01'),
        firstSequence: 1n,
        previousHash: secret(),
        lastSequence: 7n,
        lastHash: secret(),
      },
    });
    await tx.auditErasure.create({ data: { tenantId, userId, requestedAt: now } });
    await tx.formerAddress.create({ data: { tenantId, userId, email: 'before@example.com', until: now } });
    await tx.usageSample.create({
      data: {
        tenantId,
        licenseId,
        sampledAt: now,
        seatsTotal: 5,
        seatsInUsePeak: 1,
        seatsInUseMean: 0.5,
        acquires: 1,
        denials: 0,
        uniqueUsers: 1,
        uniqueMachines: 1,
      },
    });
    const rollUp = {
      tenantId,
      licenseId,
      startsAt: now,
      seatsTotal: 5,
      seatsInUsePeak: 1,
      seatsInUseMean: 0.5,
      samples: 1,
      acquires: 1,
      denials: 0,
      uniqueUsers: 1,
      uniqueMachines: 1,
    };
    await tx.usageHour.create({ data: rollUp });
    await tx.usageDay.create({ data: rollUp });
    await tx.denial.create({ data: { tenantId, licenseId, userId, machineId, reason: 'no_seats_available' } });
    await tx.notice.create({ data: { tenantId, licenseId, kind: 'seats_nearly_full', day: now } });
    await tx.outboxMessage.create({ data: { tenantId, topic: 'email', payload: { to: 'owner@example.com' } } });
    const event = { eventType: 'user.created', resourceType: 'user', resourceId: userId, sequence: 1 };
    await tx.eventLog.create({ data: { tenantId, lastSequence: 1 } });
    const { id: eventId } = await tx.event.create({
      data: {
        tenantId,
        sequence: 1,
        type: 'user.created',
        resourceType: 'user',
        resourceId: userId,
        data: {},
        occurredAt: now,
        recordedAt: now,
      },
    });
    const { id: endpointId } = await tx.webhookEndpoint.create({
      data: { tenantId, url: 'https://hooks.example.com/', eventTypes: ['*'], secret: 'sealed' },
    });
    const { id: deliveryId } = await tx.webhookDelivery.create({
      data: { tenantId, endpointId, eventId, ...event, status: 'succeeded', nextAttemptAt: now },
    });
    await tx.webhookAttempt.create({
      data: { tenantId, deliveryId, attemptedAt: now, durationMs: 8, statusCode: 204 },
    });
    return { id: tenantId, userId, licenseId, machineId };
  });
}
