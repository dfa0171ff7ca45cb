import { type EventResource, type EventType, eventTypes } from '@coditect/contracts/webhooks';
import type { Denial, LicenseSession, Prisma } from '@coditect/db/generated/prisma/client';

/** An event before it has its number. */
export interface NewEvent {
  type: EventType;
  resourceType: string;
  resourceId: string;
  occurredAt: Date;
  data: Prisma.InputJsonObject;
}

/** What is read of an audit entry. */
export interface AuditedChange {
  sequence: bigint;
  occurredAt: Date;
  action: string;
  actorType: string;
  actorId: string | null;
  resourceType: string;
  resourceId: string | null;
  before: Record<string, Prisma.InputJsonValue> | null;
  after: Record<string, Prisma.InputJsonValue> | null;
}

/** The fields of an audit entry that are told outside, by resource. Everything else, names and addresses of people first
 *  of all, stays inside: an event needs no erasing. */
const PUBLIC_FIELDS: Record<EventResource, readonly string[]> = {
  license: ['status', 'seats_total'],
  license_session: ['status', 'end_reason'],
  denial: [],
  user: ['role', 'status'],
};

/** The event of an audit entry; undefined for what is not told outside.
 *  @param session of an entry about a license session */
export function eventOfChange(change: AuditedChange, session?: LicenseSession): NewEvent | undefined {
  const type = eventTypes.find((name) => name === change.action);
  if (!type || change.resourceId === null) return undefined;
  const { resourceType, resourceId, occurredAt, actorType, actorId } = change;
  const fields = PUBLIC_FIELDS[type.slice(0, type.indexOf('.')) as EventResource];
  const data = {
    actor: { type: actorType, id: actorId },
    ...(session && sessionData(session)),
    before: pick(change.before, fields),
    after: pick(change.after, fields),
  };
  return { type, resourceType, resourceId, occurredAt, data };
}

/** The event of a refused acquire. */
export function eventOfDenial(denial: Denial): NewEvent {
  const { id, occurredAt, licenseId, userId, machineId, product, features, reason } = denial;
  return {
    ...{ type: 'denial.created', resourceId: id, occurredAt },
    resourceType: DENIAL,
    data: {
      actor: { type: 'user', id: userId },
      ...{ license_id: licenseId, user_id: userId, machine_id: machineId, product, features, reason },
    },
  };
}

const DENIAL = 'denial';

/** What stays the same for the whole session. */
function sessionData({ licenseId, userId, machineId, seatNo, startedAt }: LicenseSession) {
  return {
    ...{ license_id: licenseId, user_id: userId, machine_id: machineId, seat_no: seatNo },
    started_at: startedAt.toISOString(),
  };
}

function pick(from: AuditedChange['after'], fields: readonly string[]): Prisma.InputJsonObject | null {
  const kept = Object.entries(from ?? {}).filter(([name]) => fields.includes(name));
  return kept.length === 0 ? null : Object.fromEntries(kept);
}
