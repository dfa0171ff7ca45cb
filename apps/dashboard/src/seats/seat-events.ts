import type { SeatEvent, StreamEvent } from '@coditect/contracts/stream';
import type { Query, QueryClient } from '@tanstack/react-query';
import type { Message } from '#session/api';

type License = Message['License'];
type Session = Message['LicenseSession'];
type Use = Pick<License, 'seats_in_use' | 'seats_total'> & Partial<Pick<License, 'status'>>;
type Lists = Message['LicensePage'] | Message['LicenseSessionPage'] | Message['TenantQuota'];
type SeatChange = Extract<StreamEvent, { data: SeatEvent }>;

/** Writes the data of an event into one answer of the cache. @returns whether the answer must be requested again, because
 *  the event does not contain everything that has changed in it */
export function applySeatEvent(event: StreamEvent, query: Query, client: QueryClient): boolean {
  switch (query.queryKey[0]) {
    case 'licenses':
      return applyToLicenses(event, query, client);
    case 'quota':
      return applyToQuota(event, query, client);
    case 'license-sessions':
      return isSeatChange(event) && applyToSessions(event, query, client);
    case 'users':
      return isSeatChange(event) && showsSeatsOf(event.data.user.id, client.getQueryData(query.queryKey));
    default:
      return false;
  }
}

export const isSeatChange = (event: StreamEvent): event is SeatChange => event.type.startsWith('seat.');

export const isSeatEnd = (event: StreamEvent): event is SeatChange =>
  isSeatChange(event) && event.type !== 'seat.acquired';

function applyToLicenses(event: StreamEvent, query: Query, client: QueryClient): boolean {
  const counted = useOf(event);
  const answer = client.getQueryData<License | Message['LicensePage']>(query.queryKey);
  if (!counted || !answer) return false;
  const { id, use } = counted;
  if (!('results' in answer)) {
    if (answer.id !== id) return false;
    write(client, query, withUse(answer, use));
    return isOtherwise(answer, use);
  }
  const known = answer.results.find((license) => license.id === id);
  if (!known) return true;
  write(client, query, {
    ...answer,
    results: answer.results.map((license) => (license.id === id ? withUse(license, use) : license)),
  });
  return isOtherwise(known, use);
}

function applyToQuota(event: StreamEvent, query: Query, client: QueryClient): boolean {
  const counted = useOf(event);
  const answer = client.getQueryData<Message['TenantQuota']>(query.queryKey);
  if (!counted || !answer) return false;
  const { id, use } = counted;
  write(client, query, {
    ...answer,
    licenses: answer.licenses.map((license) => (license.license_id === id ? { ...license, ...use } : license)),
  });
  return !answer.licenses.some((license) => license.license_id === id);
}

/** The license and the seat counts of an event, or undefined for an event without counts. */
function useOf({ type, data }: StreamEvent): { id: string; use: Use } | undefined {
  if (!('seats_in_use' in data) || data.license_id === null) return undefined;
  const { license_id: id, seats_in_use, seats_total } = data;
  if (seats_in_use === null || seats_total === null) return undefined;
  return { id, use: { seats_in_use, seats_total, ...(type === 'license.changed' && { status: data.status }) } };
}

const withUse = (license: License, use: Use): License => ({
  ...license,
  ...use,
  seats_free: Math.max(0, use.seats_total - use.seats_in_use),
});

/** Whether the event changes more of the license than its number of used seats. Then a filter by status may have
 *  another result. */
const isOtherwise = (license: License, { status = license.status, seats_total }: Use): boolean =>
  license.status !== status || license.seats_total !== seats_total;

function applyToSessions(event: SeatChange, query: Query, client: QueryClient): boolean {
  const { session_id: id, license_id, machine_id, user } = event.data;
  const answer = client.getQueryData<Session | Message['LicenseSessionPage']>(query.queryKey);
  if (!answer) return false;
  if (!('results' in answer)) return answer.id === id && answer.status === 'active' && isSeatEnd(event);

  const filter = filterOf(query);
  const fits = (name: string, value: string) => filter[name] === undefined || filter[name] === value;
  if (!fits('license_id', license_id) || !fits('machine_id', machine_id) || !fits('user_id', user.id)) return false;
  const row = answer.results.find((session) => session.id === id);
  // The event has neither the times of the session nor the e-mail address of the user.
  if (!isSeatEnd(event)) return fits('status', 'active') && !row;
  if (filter['status'] === undefined) return row?.status === 'active';
  if (filter['status'] !== 'active') return event.type.slice('seat.'.length) === filter['status'] && !row;
  if (row)
    write(client, query, {
      ...answer,
      count: answer.count - 1,
      results: answer.results.filter((session) => session !== row),
    });
  // The first row of the next page moves up.
  return answer.next !== null || answer.previous !== null;
}

/** The query parameters of a list: the second part of its key. */
function filterOf({ queryKey: [, filter] }: Query): Readonly<Record<string, unknown>> {
  return typeof filter === 'object' ? { ...filter } : {};
}

/** Whether an answer shows how many seats the user holds. The array of managers does not. */
function showsSeatsOf(
  userId: string,
  answer: Message['User'] | Message['UserPage'] | readonly Message['User'][] | undefined,
): boolean {
  if (!answer) return false;
  return 'results' in answer ? answer.results.some(({ id }) => id === userId) : 'id' in answer && answer.id === userId;
}

/** Keeps the time of the last answer: the event changes only a part of it, and the rest is as old as before. */
function write(client: QueryClient, query: Query, answer: License | Lists): void {
  const { dataUpdatedAt, isInvalidated } = query.state;
  client.setQueryData(query.queryKey, answer, { updatedAt: dataUpdatedAt });
  if (isInvalidated) query.invalidate();
}
