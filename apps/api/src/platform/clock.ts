/**
 * The time of this process, injectable so that tests move it instead of sleeping. Leases do not use it: they live by
 * Redis' (or, without Redis, Postgres') clock, to which `offsetMs` is added so that one knob moves all of them.
 */
export class Clock {
  /** Milliseconds this process is ahead of real time. Always 0 outside of tests. */
  offsetMs = 0;

  now(): Date {
    return new Date(Date.now() + this.offsetMs);
  }
}
