import type {
  WebhookDelivery as DeliveryMessage,
  WebhookDeliveryDetail,
  WebhookTest,
} from '@coditect/contracts/webhooks';
import type { WebhookAttempt, WebhookDelivery } from '@coditect/db/generated/prisma/client';
import { hasSucceeded, type Sent } from '../sending/webhook-sender.js';

export function presentDelivery(delivery: WebhookDelivery): DeliveryMessage {
  return {
    id: delivery.id,
    webhook_id: delivery.endpointId,
    event_id: delivery.eventId,
    event_type: delivery.eventType,
    event_sequence: Number(delivery.sequence),
    status: delivery.status,
    attempts: delivery.attempts,
    next_attempt_at: delivery.status === 'pending' ? delivery.nextAttemptAt.toISOString() : null,
    completed_at: delivery.completedAt?.toISOString() ?? null,
    created_at: delivery.createdAt.toISOString(),
  };
}

export function presentDeliveryDetail(
  delivery: WebhookDelivery & { attemptsMade: WebhookAttempt[] },
): WebhookDeliveryDetail {
  return {
    ...presentDelivery(delivery),
    attempt_log: delivery.attemptsMade.map((attempt) => ({ id: attempt.id, ...presentAttempt(attempt) })),
  };
}

export function presentTest(sent: Sent): WebhookTest {
  return { succeeded: hasSucceeded(sent), ...presentAttempt(sent) };
}

function presentAttempt(attempt: Omit<Sent, 'retryAfterMs'>) {
  return {
    attempted_at: attempt.attemptedAt.toISOString(),
    duration_ms: attempt.durationMs,
    status_code: attempt.statusCode,
    error: attempt.error,
    body: attempt.body,
  };
}
