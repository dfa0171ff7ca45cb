import { setImmediate as turn } from 'node:timers/promises';
import type { Timing } from '../src/timing.js';

interface Timer {
  at: number;
  callback: () => void;
  keepsAlive: boolean;
}

/** A clock that moves only when told to. Its random number is always 0.5, so that jitter has no effect. */
export class VirtualTiming implements Timing {
  readonly #timers = new Set<Timer>();

  constructor(
    private time = Date.parse('2031-03-03T09:00:00Z'),
    public fraction = 0.5,
  ) {}

  now(): number {
    return this.time;
  }

  random(): number {
    return this.fraction;
  }

  after(delayMs: number, callback: () => void, keepsAlive: boolean): () => void {
    const timer = { at: this.time + delayMs, callback, keepsAlive };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  get timers(): readonly Timer[] {
    return [...this.#timers].toSorted((a, b) => a.at - b.at);
  }

  /** Milliseconds until the next timer fires. */
  get nextDelay(): number {
    return (this.timers[0]?.at ?? Infinity) - this.time;
  }

  /** Advances time. The local effects of each timer are complete before the next timer fires. */
  async advance(delayMs: number): Promise<void> {
    const end = this.time + delayMs;
    for (let next = this.timers[0]; next && next.at <= end; next = this.timers[0]) {
      this.time = Math.max(this.time, next.at);
      this.#timers.delete(next);
      next.callback();
      await settle();
    }
    this.time = end;
    await settle();
  }

  /** Moves the clock without firing timers, as when the machine sleeps. */
  sleep(delayMs: number): void {
    this.time += delayMs;
  }
}

/** Resolves when all work that does not wait for the outside is done. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 5; round += 1) await turn();
}
