import { LicenseStateError } from '../src/errors.js';
import type { Lease } from '../src/seat.js';
import type { VirtualTiming } from './virtual-timing.js';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;

/** The environment of the loop: answers that a test sets, and a log of all calls in order. */
export class LoopDuties {
  readonly log: string[] = [];
  beat: () => Lease = () => this.lease();
  next: () => Lease = () => this.lease();
  verifies = true;

  sessionId = 'session 1';
  leaseMs = 6 * MINUTE;
  intervalMs = 2 * MINUTE;
  sessionEndsAt: number;

  constructor(readonly timing: VirtualTiming) {
    this.sessionEndsAt = timing.now() + 8 * 60 * MINUTE;
  }

  lease(): Lease {
    return {
      sessionId: this.sessionId,
      endsAt: Math.min(this.timing.now() + this.leaseMs, this.sessionEndsAt),
      sessionEndsAt: this.sessionEndsAt,
      heartbeatIntervalMs: this.intervalMs,
      serverAheadMs: 0,
    };
  }

  heartbeat = async () => this.#call('beat', this.beat);
  renew = async () => this.#call('renew', this.next);
  verifyOffline = async () => {
    if (!this.verifies) throw new LicenseStateError('no longer valid', { code: 'expired' });
  };
  renewed = () => this.log.push('renewed');
  degraded = (_error: unknown, until: number) =>
    this.log.push(`degraded until +${(until - this.timing.now()) / SECOND} s`);
  recovered = () => this.log.push('recovered');
  lost = (error: { code: string }) => this.log.push(`lost: ${error.code}`);

  #call(name: string, answer: () => Lease): Lease {
    this.log.push(name);
    return answer();
  }

  /** Returns what happened since the last call. */
  take(): string[] {
    return this.log.splice(0);
  }
}
