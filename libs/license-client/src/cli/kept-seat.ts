import type { SeatRequest } from '../acquire-seat.js';
import type { LicenseClient } from '../client.js';
import { LicenseClientError } from '../errors.js';
import { isRunning } from '../lock-file.js';
import type { StateFile, StoredSeat } from '../state-file.js';

/** @throws {LicenseClientError} `no_seat` if no seat is kept */
export async function requireSeat(state: StateFile): Promise<StoredSeat> {
  const { seat } = await state.read();
  if (!seat) throw new LicenseClientError('no seat is held: take one with "acquire"', { code: 'no_seat' });
  return seat;
}

/** Keeps the client's seat and keys for the next command. A `holder` process keeps the seat alive. */
export async function keepSeat(
  state: StateFile,
  client: LicenseClient,
  request: SeatRequest,
  holder?: number,
): Promise<void> {
  const { grant, trustAnchor } = client;
  if (!grant) return;
  await state.update((kept) => {
    const holders = new Set(kept.seat && isSession(kept.seat, grant.session_id) ? liveHolders(kept.seat) : []);
    if (holder !== undefined) holders.add(holder);
    return {
      ...kept,
      ...(trustAnchor && { trust: trustAnchor }),
      seat: { grant, request, holders: [...holders] },
    };
  });
}

/**
 * Ends the hold of one process.
 *
 * @returns whether it was the last holder, so that the seat may be given back
 */
export async function endHold(state: StateFile, sessionId: string, holder: number): Promise<boolean> {
  let isLast = true;
  await state.update(({ seat, ...rest }) => {
    if (!seat) return rest;
    if (!isSession(seat, sessionId)) return { ...rest, seat };
    const holders = liveHolders(seat).filter((pid) => pid !== holder);
    isLast = holders.length === 0;
    return isLast ? rest : { ...rest, seat: { ...seat, holders } };
  });
  return isLast;
}

/** Forgets the seat, unless another one has replaced it. */
export async function forgetSeat(state: StateFile, sessionId: string): Promise<void> {
  await state.update(({ seat, ...rest }) => (seat && !isSession(seat, sessionId) ? { ...rest, seat } : rest));
}

/** The holders whose process still runs. A command that was killed never ended its hold. */
export function liveHolders(seat: StoredSeat): number[] {
  return seat.holders.filter((pid) => isRunning(pid));
}

export function isSession(seat: StoredSeat, sessionId: string): boolean {
  return seat.grant.session_id === sessionId;
}
