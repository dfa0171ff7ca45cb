import { type EventResource, type EventType, eventTypes } from '@coditect/contracts/names';
import type { Denial, LicenseSession, Prisma } from '@coditect/db/generated/prisma/client';
import { keysOf } from '#platform/keys-of';

/** An event that has no sequence yet. */
export interface NewEvent {
  type: EventType;
  resourceType: string;
  resourceId: string;
  occurredAt: Date;
  data: Prisma.InputJsonObject;
}

/** The columns of an audit entry that an event is made of. */
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

/** The fields of an audit entry that an event shows, by resource. All others are left out, above all names and
 *  addresses of people: so erasing a person needs no change of events. */
const PUBLIC_FIELDS: Record<EventResource, readonly string[]> = {
  license: ['status', 'seats_total'],
  license_session: ['status', 'end_reason'],
  denial: [],
  user: ['role', 'status'],
};

/** Returns the event of an audit entry; undefined if its action is not public.
 *  @param session the license session that the entry is about, if any */
export function eventOfChange(change: AuditedChange, session?: LicenseSession): NewEvent | undefined {
  const type = eventTypes.find((name) => name === change.action);
  if (!type || change.resourceId === null) return undefined;
  const { resourceType, resourceId, occurredAt, actorType, actorId } = change;
  const resource = keysOf(PUBLIC_FIELDS).find((name) => type.startsWith(`${name}.`))!;
  const fields = PUBLIC_FIELDS[resource];
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
    type: 'denial.created',
    resourceId: id,
    occurredAt,
    resourceType: DENIAL,
    data: {
      actor: { type: 'user', id: userId },
      license_id: licenseId,
      user_id: userId,
      machine_id: machineId,
      product,
      features,
      reason,
    },
  };
}

const DENIAL = 'denial';

/** The fields that stay the same for the whole license session. */
function sessionData({ licenseId, userId, machineId, seatNo, startedAt }: LicenseSession) {
  return {
    license_id: licenseId,
    user_id: userId,
    machine_id: machineId,
    seat_no: seatNo,
    started_at: startedAt.toISOString(),
  };
}

function pick(from: AuditedChange['after'], fields: readonly string[]): Prisma.InputJsonObject | null {
  const kept = Object.entries(from ?? {}).filter(([name]) => fields.includes(name));
  return kept.length === 0 ? null : Object.fromEntries(kept);
}
