import { z } from 'zod';
import { Id } from './common.js';
import { example } from './examples.js';
import { type ChangeEventType, licenseStatuses, type SeatEventType, streamEnds } from './names.js';

/** How many seats of a license are in use when the event is sent. */
const use = { seats_in_use: z.int(), seats_total: z.int() };
const person = z.object({ id: Id, name: z.string().nullable() });

const seatExample = {
  session_id: example.sessionId,
  license_id: example.licenseId,
  seat_no: 1,
  machine_id: example.machineId,
  user: { id: example.userId, name: 'Ada Lovelace' },
  end_reason: null,
  seats_in_use: 1,
  seats_total: 25,
};

/** `data` of the four seat events. */
export const SeatEvent = z
  .object({
    session_id: Id,
    license_id: Id,
    seat_no: z.int(),
    machine_id: z.string(),
    user: person,
    end_reason: z.string().nullable(),
    ...use,
  })
  .meta({ id: 'SeatEvent', examples: [seatExample] });
export type SeatEvent = z.infer<typeof SeatEvent>;

/** `data` of `license.changed`: status or seats changed, or the number of used seats. */
export const LicenseEvent = z.object({ license_id: Id, status: z.enum(licenseStatuses), ...use }).meta({
  id: 'LicenseEvent',
  examples: [{ license_id: example.licenseId, status: 'active', seats_in_use: 1, seats_total: 25 }],
});
export type LicenseEvent = z.infer<typeof LicenseEvent>;

/** `data` of `denial.created`. `license_id` is null when no license matched the request. */
export const DenialEvent = z
  .object({
    denial_id: Id,
    license_id: Id.nullable(),
    machine_id: z.string(),
    user: person,
    reason: z.string(),
    seats_in_use: z.int().nullable(),
    seats_total: z.int().nullable(),
  })
  .meta({
    id: 'DenialEvent',
    examples: [
      {
        denial_id: example.sessionId,
        license_id: example.licenseId,
        machine_id: example.machineId,
        user: seatExample.user,
        reason: 'no_seats_available',
        seats_in_use: 25,
        seats_total: 25,
      },
    ],
  });
export type DenialEvent = z.infer<typeof DenialEvent>;

/** `data` of the change events: the id of the resource that was created, changed or deleted. Read it again to show it. */
export const ChangeEvent = z.object({ id: Id }).meta({ id: 'ChangeEvent', examples: [{ id: example.userId }] });
export type ChangeEvent = z.infer<typeof ChangeEvent>;

/** `data` of `end`, the last event of a stream. */
export const EndEvent = z
  .object({ reason: z.enum(streamEnds) })
  .meta({ id: 'EndEvent', examples: [{ reason: 'token_expired' }] });
export type EndEvent = z.infer<typeof EndEvent>;

/** An event of `GET stream`. Its type, which `event:` carries, decides what its `data` is. */
export type StreamEvent =
  | { type: SeatEventType; data: SeatEvent }
  | { type: 'license.changed'; data: LicenseEvent }
  | { type: 'denial.created'; data: DenialEvent }
  | { type: ChangeEventType; data: ChangeEvent }
  | { type: 'reset'; data: Record<string, never> }
  | { type: 'end'; data: EndEvent };
