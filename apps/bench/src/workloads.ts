import { randomUUID } from 'node:crypto';
import type { Call, Workload } from './load-generator.js';
import { API, type Seat, ok, problemOf, seatOf } from './seat.js';
import type { SeatHistory } from './seat-watch.js';
import { ROOMY_PRODUCT, SCARCE_PRODUCT, type Tenant } from './tenants.js';

/** The cheapest route, which shows the cost of HTTP itself on this server. */
export function hello(): Workload {
  const call: Call = { method: 'GET', path: '/healthz', headers: [], answered: ok };
  return () => call;
}

export function heartbeats(seats: readonly Seat[]): Workload {
  const next = roundRobin(seats);
  return () => next().heartbeat;
}

/** Acquires for new machines each time. Granted seats are added to `seats`, and each request to `repeats`, to be sent
 *  again. */
export function acquires(
  tenants: readonly Tenant[],
  into: { seats: Seat[]; repeats: Call[]; history: SeatHistory },
): Workload {
  const nextTenant = roundRobin(tenants);
  return () => {
    const tenant = nextTenant();
    const request = acquireRequest(tenant, ROOMY_PRODUCT);
    return {
      ...request,
      answered(status, body) {
        if (status !== 201) return problemOf(status, body);
        const seat = grantedSeat(tenant.roomyLicense, body);
        into.history.granted(seat);
        into.seats.push(seat);
        into.repeats.push({ ...request, answered: ok });
        return undefined;
      },
    };
  };
}

/** Acquires of machines that hold a seat already: the same seat, with a new signature. */
export function reacquires(repeats: readonly Call[]): Workload {
  return roundRobin(repeats);
}

/** Releases all `seats`, and removes them from the list. */
export function releases(seats: Seat[], history: SeatHistory): Workload {
  return () => {
    const seat = seats.pop();
    if (seat) history.releasing(seat);
    return seat?.release;
  };
}

export interface ContendedOutcomes {
  grants: number;
  denials: number;
  releases: number;
}

const CONTENDED_TENANTS = 8;

/** Many connections want the few seats of a few licenses. A denied one makes room by releasing a seat of that license.
 *  A denial is a valid response here. */
export function contended(
  tenants: readonly Tenant[],
  history: SeatHistory,
): { next: Workload; outcomes: ContendedOutcomes } {
  const outcomes = { grants: 0, denials: 0, releases: 0 };
  const nextContender = roundRobin(
    tenants.slice(0, CONTENDED_TENANTS).map((tenant) => ({ tenant, held: [] as Seat[], denied: false })),
  );
  const next: Workload = () => {
    const contender = nextContender();
    const seat = contender.denied ? contender.held.shift() : undefined;
    if (seat) {
      contender.denied = false;
      outcomes.releases += 1;
      history.releasing(seat);
      return seat.release;
    }
    return {
      ...acquireRequest(contender.tenant, SCARCE_PRODUCT),
      answered(status, body) {
        if (status === 403 && body.includes('"no_seats_available"')) {
          outcomes.denials += 1;
          contender.denied = true;
          return undefined;
        }
        if (status !== 201) return problemOf(status, body);
        outcomes.grants += 1;
        const granted = grantedSeat(contender.tenant.scarceLicense, body);
        history.granted(granted);
        contender.held.push(granted);
        return undefined;
      },
    };
  };
  return { next, outcomes };
}

function acquireRequest({ headers }: Tenant, product: string): Omit<Call, 'answered'> {
  const body = Buffer.from(`{"machine_id":"${randomUUID()}","product":"${product}","features":["editor"]}`);
  return { method: 'POST', path: `${API}/licenses/acquire`, headers, body };
}

/** Returns the items in turn, again from the first after the last. Items may be added meanwhile. */
function roundRobin<T>(items: readonly T[]): () => T {
  let at = -1;
  return () => {
    at = at + 1 < items.length ? at + 1 : 0;
    return items[at]!;
  };
}

const TOKEN = Buffer.from('"session_token":"');
const SEAT_NO = Buffer.from('"seat_no":');

/** Parsing the whole response would cost more than sending the request. */
function grantedSeat(licenseId: string, body: Buffer): Seat {
  const token = body.indexOf(TOKEN) + TOKEN.length;
  const seatNo = body.indexOf(SEAT_NO) + SEAT_NO.length;
  return seatOf(
    licenseId,
    Number.parseInt(body.toString('latin1', seatNo, seatNo + 10), 10),
    body.toString('latin1', token, body.indexOf('"', token)),
  );
}
