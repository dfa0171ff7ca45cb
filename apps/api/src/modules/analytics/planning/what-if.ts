/** A recorded license session: the time during which a user held a seat, in ms since the epoch. */
export interface HeldSeat {
  userId: string;
  start: number;
  end: number;
}
/** A recorded denial: when a user was refused a seat, in ms since the epoch. A run of retries is one denial. */
export interface RefusedSeat {
  userId: string;
  at: number;
}
/** The recorded past of one license. */
export interface History {
  /** Start of the replay, in ms since the epoch. Sessions that began before keep their seats. */
  from: number;
  held: readonly HeldSeat[];
  refused: readonly RefusedSeat[];
  /** How long a refused user is assumed to have needed the seat, in ms. */
  assumedMs: number;
}
/** The result of a replay. */
export interface Replay {
  /** Recorded denials that happen in the replay too. */
  denialsRemaining: number;
  /** Recorded license sessions that are refused in the replay. */
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
 * Replays the past with another number of seats. Recorded sessions begin and end as recorded. A refused user who gets a
 * seat in the replay holds it for the assumed time, or until the user's next recorded session, which counts as the same
 * work. A user who is refused in the replay does not try again.
 */
export function replay(history: History, seats: number): Replay {
  const result: Replay = { denialsRemaining: 0, sessionsRefused: 0, peak: 0 };
  const ends: number[] = [];
  for (const { start, end, kind } of wishes(history)) {
    // A seat released in the same millisecond is free.
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

/** Returns the smallest number of seats without any refusal. */
export function seatsNeeded(history: History): number {
  return replay(history, Infinity).peak;
}

/** Returns the median length of license sessions, in ms; undefined without one. */
export function medianLengthMs(held: readonly HeldSeat[]): number | undefined {
  const lengths = held.map(({ start, end }) => end - start).toSorted((a, b) => a - b);
  return lengths[Math.floor(lengths.length / 2)];
}

/** The sessions and refused requests in the order of their start. Sessions held at the start of the replay come
 *  first. */
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

/** Returns how many of the sorted moments are at or before `moment`. */
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
