const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** How far back the past of a demo organization goes. */
export const HISTORY_DAYS = 90;

/** The share of users who work on each weekday, from Sunday to Saturday. */
const ATTENDANCE = [0.04, 0.86, 0.93, 0.95, 0.92, 0.78, 0.06];
/** The share of users at the beginning. The others join one after the other. */
const FIRST_STAFF = 0.66;

/** The past of a demo organization. Times are in ms, and users are numbered. */
export interface DemoSession {
  person: number;
  seatNo: number;
  start: number;
  end: number;
  /** True if the machine went to sleep instead of releasing the seat. */
  expired: boolean;
}
export interface DemoDenial {
  person: number;
  at: number;
  reason: 'no_seats_available' | 'entitlement_missing';
}
export interface DemoHistory {
  sessions: DemoSession[];
  denials: DemoDenial[];
}

interface Wish {
  person: number;
  start: number;
  end: number;
}

interface Team {
  people: number;
  seats: number;
  /** How much of their working time the users need the product, from 0 to 1. */
  busy: number;
}

/**
 * Ninety days of a growing team that works in European daytime. At `now` all sessions end. The same seed and time give the
 * same past. A seat never has two holders at once, and a user is refused only while all seats are taken.
 */
export function demoHistory(team: Team, now: number, seed: number): DemoHistory {
  const random = mulberry32(seed);
  const history: DemoHistory = { sessions: [], denials: [] };
  const today = Math.floor(now / DAY_MS) * DAY_MS;
  for (let daysAgo = HISTORY_DAYS; daysAgo >= 0; daysAgo--) {
    const midnight = today - daysAgo * DAY_MS;
    const attendance = ATTENDANCE[new Date(midnight).getUTCDay()]! * team.busy;
    const staff = Math.ceil(team.people * (FIRST_STAFF + (1 - FIRST_STAFF) * (1 - daysAgo / HISTORY_DAYS)));
    const wishes = Array.from({ length: staff }, (_, person) =>
      random() < attendance ? workday(person, midnight, random) : [],
    ).flat();
    playDay(wishes, team.seats, now, random, history);
  }
  return history;
}

/** A morning and an afternoon with a lunch break, and sometimes an evening. */
function workday(person: number, midnight: number, random: () => number): Wish[] {
  const between = (low: number, high: number) => Math.round((low + random() * (high - low)) * HOUR_MS);
  const start = midnight + between(6.5, 8.5) + between(0, 1);
  const lunch = start + between(2.6, 4.2);
  const afternoon = lunch + between(0.5, 1.1);
  const evening = afternoon + between(2.6, 4.4);
  const wishes = [
    { person, start, end: lunch },
    { person, start: afternoon, end: evening },
  ];
  if (random() < 0.08) wishes.push({ person, start: evening + between(1, 2), end: evening + between(2.2, 3.5) });
  return wishes;
}

function playDay(wishes: Wish[], seats: number, now: number, random: () => number, history: DemoHistory): void {
  const freeFrom = Array.from({ length: seats }, () => 0);
  for (const { person, start, end } of wishes.toSorted((a, b) => a.start - b.start)) {
    if (start >= now) return;
    const [expired, asksTooMuch, retries] = [random() < 0.05, random() < 0.004, Math.floor(random() * 4)];
    if (asksTooMuch) history.denials.push({ person, at: start - MINUTE_MS, reason: 'entitlement_missing' });
    const seat = freeFrom.findIndex((free) => free <= start);
    if (seat >= 0) {
      const until = Math.min(end, now);
      freeFrom[seat] = until;
      history.sessions.push({ person, seatNo: seat + 1, start, end: until, expired });
    } else
      for (let attempt = 0; attempt <= retries; attempt++) {
        const at = start + attempt * 3 * MINUTE_MS;
        if (at < now) history.denials.push({ person, at, reason: 'no_seats_available' });
      }
  }
}

/** Pseudo-random numbers from 0 to 1: mulberry32 by Tommy Ettinger, public domain. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
