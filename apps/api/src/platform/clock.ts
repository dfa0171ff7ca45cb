/**
 * The time of this process. Injectable, so that tests move it instead of sleeping. Leases use the clock of Redis, or of
 * Postgres when Redis is down. `offsetMs` is added to those too, so that one setting moves all clocks.
 */
export class Clock {
  /** Milliseconds this process is ahead of real time. Always 0 outside of tests. */
  offsetMs = 0;

  now(): Date {
    return new Date(Date.now() + this.offsetMs);
  }
}
