import type { Event as EventMessage } from '@coditect/contracts/webhooks';
import type { Event } from '@coditect/db/generated/prisma/client';

/** The public form of an event: the same in lists and as the body of every delivery. */
export function presentEvent(event: Event): EventMessage {
  return {
    id: event.id,
    sequence: Number(event.sequence),
    type: event.type,
    timestamp: event.occurredAt.toISOString(),
    resource_type: event.resourceType,
    resource_id: event.resourceId,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- EventRecorder stores an object
    data: event.data as EventMessage['data'],
  };
}
