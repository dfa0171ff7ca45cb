/** A license session as it was: who held a seat from when to when, in ms. */
export interface HeldSeat {
  userId: string;
  start: number;
  end: number;
}
/** Somebody who wanted a seat and got none; retries are one. In ms. */
export interface RefusedSeat {
  userId: string;
  at: number;
}
export interface History {
  /** When the replay begins. Who holds a seat then keeps it. */
  from: number;
  held: readonly HeldSeat[];
  refused: readonly RefusedSeat[];
  /** How long somebody refused is taken to have wanted the seat, in ms. */
  assumedMs: number;
}
export interface Replay {
  /** Recorded denials that happen all the same. */
  denialsRemaining: number;
  /** Recorded license sessions that are refused. */
  sessionsRefused: number;
  /** Most seats in use at once. */
  peak: number;
}

interface Wish {
  start: number;
  end: number;
  kind: 'session' | 'denial';
}

/**
 * Replays the past with another number of seats. Everybody comes and goes as recorded. Whoever was refused and gets a seat
 * now holds it for the assumed time, or until their own next license session, which is the same work begun anew. Who is
 * refused does not come back.
 */
export function replay(history: History, seats: number): Replay {
  const result: Replay = { denialsRemaining: 0, sessionsRefused: 0, peak: 0 };
  const ends: number[] = [];
  for (const { start, end, kind } of wishes(history)) {
    // A seat given back in the same millisecond is free.
    const ended = countUntil(ends, start);
    if (ended > 0) ends.splice(0, ended);
    if (ends.length < seats || start < history.from) {
      ends.splice(countUntil(ends, end), 0, end);
      result.peak = Math.max(result.peak, ends.length);
    } else if (kind === 'denial') result.denialsRemaining += 1;
    else result.sessionsRefused += 1;
  }
  return result;
}

/** The fewest seats with which nobody is refused. */
export function seatsNeeded(history: History): number {
  return replay(history, Infinity).peak;
}

/** The middle of the lengths of license sessions, in ms; undefined without one. */
export function medianLengthMs(held: readonly HeldSeat[]): number | undefined {
  const lengths = held.map(({ start, end }) => end - start).toSorted((a, b) => a - b);
  return lengths[Math.floor(lengths.length / 2)];
}

/** In the order in which they come; who held a seat at the beginning comes first. */
function wishes({ held, refused, assumedMs }: History): Wish[] {
  const starts = new Map<string, number[]>();
  for (const { userId, start } of held.toSorted((a, b) => a.start - b.start)) {
    const own = starts.get(userId);
    if (own) own.push(start);
    else starts.set(userId, [start]);
  }
  const nextStart = (userId: string, at: number) => {
    const own = starts.get(userId) ?? [];
    return own[countUntil(own, at - 1)] ?? Infinity;
  };
  return [
    ...held.map(({ start, end }): Wish => ({ start, end, kind: 'session' })),
    ...refused.map(({ userId, at }): Wish => {
      const end = Math.min(at + assumedMs, nextStart(userId, at));
      return { start: at, end, kind: 'denial' };
    }),
  ].toSorted((a, b) => a.start - b.start);
}

/** How many of the moments, in their order, are not after another. */
function countUntil(moments: readonly number[], moment: number): number {
  let low = 0;
  let high = moments.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (moments[middle]! <= moment) low = middle + 1;
    else high = middle;
  }
  return low;
}
