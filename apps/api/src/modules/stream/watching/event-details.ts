import { Injectable } from '@nestjs/common';
import type { Permission } from '@coditect/contracts/names';
import type { DenialEvent, SeatEvent, StreamEvent } from '@coditect/contracts/stream';
import { statement } from '@coditect/db/batch-query';
import { Database } from '@coditect/db/database';
import { type LicenseStatus, Prisma } from '@coditect/db/generated/prisma/client';
import { named } from '@coditect/db/named-statement';
import { runAsTenant } from '@coditect/db/tenant-context';
import { Clock } from '#platform/clock';
import { seatsInUse } from '#modules/seats-in-use/seats-in-use';
import type { Change } from '../changes.js';
import type { LoggedEvent } from './event-log.js';

/** The user who receives a stream. */
export interface Viewer {
  userId: string;
  may: (permission: Permission) => boolean;
}

/** An event as it is sent to a viewer. */
export type SentEvent = StreamEvent & { id: string };

interface LicenseState {
  id: string;
  status: LicenseStatus;
  seats_total: number;
  seats_in_use: number;
}

/** Reads the current names and counts that events are sent with, once for all viewers of a tenant. */
@Injectable()
export class EventDetails {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  /** Reads the licenses and users that the events name. */
  async of(tenantId: string, events: LoggedEvent[]): Promise<DetailedEvents> {
    if (!events.some(({ event }) => 'licenseId' in event)) return new DetailedEvents(events, [], []);
    const licenseIds = new Set(events.map(({ event }) => ('licenseId' in event ? event.licenseId : null)));
    const userIds = new Set(events.map(({ event }) => ('userId' in event ? event.userId : null)));
    const [licenses, users] = await runAsTenant(tenantId, () =>
      this.db.tenantBatch([
        named<LicenseState>(
          'live_event_licenses',
          Prisma.sql`SELECT l.id, l.status, l.seats_total, ${seatsInUse(this.clock.now())} AS seats_in_use
            FROM licenses l
            WHERE l.tenant_id = ${tenantId} AND l.id = ANY (${[...licenseIds].filter((id) => id !== null)}::uuid[])`,
        ),
        statement<{ id: string; name: string }>({
          name: 'live_event_users',
          text: `SELECT id, name FROM users WHERE tenant_id = $1 AND id = ANY ($2::uuid[])`,
          values: [tenantId, [...userIds].filter((id) => id !== null)],
        }),
      ]),
    );
    return new DetailedEvents(events, licenses.rows, users.rows);
  }
}

/** Events with their names and counts. `for` reduces them to what a viewer may see. */
export class DetailedEvents {
  private readonly licenses: Map<string, LicenseState>;
  private readonly names: Map<string, string>;

  constructor(
    private readonly events: LoggedEvent[],
    licenses: LicenseState[],
    users: { id: string; name: string }[],
  ) {
    this.licenses = new Map(licenses.map((license) => [license.id, license]));
    this.names = new Map(users.map((user) => [user.id, user.name]));
  }

  /** Yields the events for one viewer. Without permission for another user's session, the viewer gets only the seat
   *  counts of its license. */
  *for(viewer: Viewer): Generator<SentEvent> {
    for (const logged of this.events) {
      const sent = this.present(logged, viewer);
      if (sent) yield sent;
    }
  }

  private present({ id, event }: LoggedEvent, viewer: Viewer): SentEvent | undefined {
    if (event.type === 'opened') return undefined;
    if (event.type === 'reset') return { id, type: 'reset', data: {} };
    if (!('licenseId' in event))
      return maySeeChange(viewer, event) ? { id, type: event.type, data: { id: event.id } } : undefined;
    const license = event.licenseId === null ? undefined : this.licenses.get(event.licenseId);
    if (event.type === 'denial.created') {
      if (!maySeeSeatsOf(event.userId, viewer)) return undefined;
      const data: DenialEvent = {
        denial_id: event.denialId,
        license_id: event.licenseId,
        machine_id: event.machineId,
        user: this.person(event.userId),
        reason: event.reason,
        seats_in_use: license?.seats_in_use ?? null,
        seats_total: license?.seats_total ?? null,
      };
      return { id, type: event.type, data };
    }
    if (!license) return undefined; // deleted meanwhile, with its tenant
    const { seats_in_use, seats_total, status } = license;
    if (event.type === 'license.changed' || !maySeeSeatsOf(event.userId, viewer))
      return { id, type: 'license.changed', data: { license_id: license.id, status, seats_in_use, seats_total } };
    const data: SeatEvent = {
      session_id: event.sessionId,
      license_id: event.licenseId,
      seat_no: event.seatNo,
      machine_id: event.machineId,
      user: this.person(event.userId),
      end_reason: event.endReason ?? null,
      seats_in_use,
      seats_total,
    };
    return { id, type: event.type, data };
  }

  private person(id: string): SeatEvent['user'] {
    return { id, name: this.names.get(id) ?? null };
  }
}

/** Whether the viewer may see license sessions and denials of this user. */
function maySeeSeatsOf(userId: string, viewer: Viewer): boolean {
  return userId === viewer.userId || viewer.may('license_session:read_all');
}

/** Whether the viewer may read the resource that has changed. */
function maySeeChange(viewer: Viewer, { type, id }: Change): boolean {
  if (type === 'invitation.changed') return viewer.may('user:invite');
  if (type === 'project.changed') return viewer.may('project:read');
  return viewer.may('user:read_all') || (viewer.may('user:read') && id === viewer.userId);
}
