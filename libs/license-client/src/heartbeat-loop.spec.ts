import { beforeEach, describe, expect, it } from 'vitest';
import { LoopDuties, MINUTE, SECOND } from '../test/loop-duties.js';
import { VirtualTiming } from '../test/virtual-timing.js';
import { DeniedError, LeaseLostError, LicenseStateError, NetworkError, TemporarilyUnavailableError } from './errors.js';
import { HeartbeatLoop } from './heartbeat-loop.js';

const GRACE = 10 * MINUTE;

const unreachable = new NetworkError('cannot reach the server', { code: 'network_error' });
const sessionEnded = new LeaseLostError('ended', { code: 'lease_lost' }, 'session_ended');
const noSeats = new DeniedError('full', { code: 'no_seats_available' });

describe('HeartbeatLoop', () => {
  let timing: VirtualTiming;
  let duties: LoopDuties;
  const start = () => new HeartbeatLoop(duties.lease(), duties, { timing, graceMs: GRACE });
  const fail = (error: Error) => () => {
    throw error;
  };

  beforeEach(() => {
    timing = new VirtualTiming();
    duties = new LoopDuties(timing);
  });

  describe('while the server answers', () => {
    it('sends one heartbeat per interval', async () => {
      start();
      await timing.advance(2 * MINUTE - 1);
      expect(duties.take()).toEqual([]);
      await timing.advance(1);
      expect(duties.take()).toEqual(['beat', 'renewed']);
      await timing.advance(6 * MINUTE);
      expect(duties.take()).toEqual(['beat', 'renewed', 'beat', 'renewed', 'beat', 'renewed']);
    });

    it.each([
      [0, 108],
      [0.999999, 132],
    ])('varies the interval by up to 10 % in both directions (random %d)', (fraction, seconds) => {
      timing.fraction = fraction;
      start();
      expect(Math.round(timing.nextDelay / SECOND)).toBe(seconds);
    });

    it('uses the interval of the latest answer', async () => {
      start();
      duties.intervalMs = 30 * SECOND;
      await timing.advance(2 * MINUTE);
      expect(timing.nextDelay).toBe(30 * SECOND);
    });

    it('sends the next heartbeat after half of the remaining lease if the lease is short', () => {
      duties.leaseMs = MINUTE;
      start();
      expect(timing.nextDelay).toBe(30 * SECOND);
    });

    it('never sends more than two requests a second, even if the lease in the answer is already over', async () => {
      start();
      duties.leaseMs = -MINUTE;
      await timing.advance(2 * MINUTE);
      duties.take();
      await timing.advance(2 * SECOND);
      expect(duties.take().filter((entry) => entry === 'beat')).toHaveLength(4);
    });

    it('does not keep the process alive', () => {
      start();
      expect(timing.timers.map(({ keepsAlive }) => keepsAlive)).toEqual([false]);
    });

    it('reports nothing after it was stopped, even for a call under way', async () => {
      const loop = start();
      duties.beat = () => {
        loop.stop();
        return duties.lease();
      };
      await timing.advance(60 * MINUTE);
      expect(duties.take()).toEqual(['beat']);
      expect(timing.timers).toEqual([]);
    });
  });

  describe('while failures are inconclusive', () => {
    it('tries again with doubling, jittered delays of at most a minute', async () => {
      duties.beat = fail(unreachable);
      duties.leaseMs = 60 * MINUTE;
      start();
      await timing.advance(2 * MINUTE);
      const delays: number[] = [];
      for (let failure = 1; failure <= 9; failure += 1) {
        delays.push(timing.nextDelay / SECOND);
        await timing.advance(timing.nextDelay);
      }
      // the middle of 0..1, 0..2, 0..4 …, 0..60
      expect(delays).toEqual([0.5, 1, 2, 4, 8, 16, 30, 30, 30]);
    });

    it('waits at least as long as the server asks', async () => {
      duties.beat = fail(new TemporarilyUnavailableError('busy', { code: 'rate_limited', retryAfterSeconds: 45 }));
      start();
      await timing.advance(2 * MINUTE);
      expect(timing.nextDelay).toBe(45.5 * SECOND);
    });

    it('reports nothing as long as the lease lasts', async () => {
      start();
      duties.beat = fail(unreachable);
      await timing.advance(6 * MINUTE - 1);
      expect(new Set(duties.take())).toEqual(new Set(['beat']));
    });

    it('is degraded from the end of the lease, and reports the deadline', async () => {
      start();
      duties.beat = fail(unreachable);
      await timing.advance(6 * MINUTE - 1);
      duties.take();
      await timing.advance(1);
      expect(duties.take()).toContain('degraded until +600 s');
    });

    it('recovers with the first successful answer', async () => {
      start();
      duties.beat = fail(unreachable);
      await timing.advance(7 * MINUTE);
      duties.beat = () => duties.lease();
      duties.take();
      await timing.advance(MINUTE);
      expect(duties.take().slice(0, 3)).toEqual(['beat', 'recovered', 'renewed']);
      duties.beat = fail(unreachable);
      await timing.advance(6 * MINUTE);
      expect(duties.take()).toContain('degraded until +600 s');
    });

    it('gives up at the end of grace after one last try, even if the server asked for a longer wait', async () => {
      start();
      duties.beat = fail(new TemporarilyUnavailableError('down', { code: 'down', retryAfterSeconds: 86_400 }));
      await timing.advance(6 * MINUTE + GRACE - 1);
      expect(duties.take()).toEqual(['beat', 'degraded until +600 s']);
      await timing.advance(1);
      expect(duties.take()).toEqual(['beat', 'lost: grace_over']);
      expect(timing.timers).toEqual([]);
    });

    it('is lost at once if the license does not verify offline', async () => {
      start();
      duties.beat = fail(unreachable);
      duties.verifies = false;
      await timing.advance(6 * MINUTE);
      expect(duties.take().at(-1)).toBe('lost: expired');
      expect(timing.timers).toEqual([]);
    });
  });

  describe('when the machine has slept through the lease and grace', () => {
    it('asks the server before it reports the seat as lost', async () => {
      start();
      timing.sleep(60 * MINUTE);
      await timing.advance(0);
      expect(duties.take()).toEqual(['beat', 'renewed']);
    });

    it('is lost if the server cannot be reached', async () => {
      start();
      timing.sleep(60 * MINUTE);
      duties.beat = fail(unreachable);
      await timing.advance(0);
      expect(duties.take()).toEqual(['beat', 'lost: grace_over']);
    });
  });

  describe('when the server decides', () => {
    it.each([
      ['a lost lease', new LeaseLostError('gone', { code: 'lease_lost' }, 'lease_expired')],
      ['an unknown session', new LeaseLostError('unknown', { code: 'session_not_found' }, undefined)],
      ['a revoked license', new LicenseStateError('revoked', { code: 'license_revoked' })],
    ])('stops at once for %s', async (_name, error) => {
      start();
      duties.beat = fail(error);
      await timing.advance(60 * MINUTE);
      expect(duties.take()).toEqual(['beat', `lost: ${error.code}`]);
    });

    it('does not take other refusals of a heartbeat for a lost seat', async () => {
      start();
      duties.beat = fail(new DeniedError('a proxy says no', { code: 'forbidden', status: 403 }));
      await timing.advance(3 * MINUTE);
      expect(new Set(duties.take())).toEqual(new Set(['beat']));
    });
  });

  describe('at the session end', () => {
    /** Advances to just before the loop first asks for the next session. */
    const nearTheEnd = async () => {
      duties.sessionEndsAt = timing.now() + 30 * MINUTE;
      start();
      await timing.advance(27 * MINUTE - 1);
      duties.take();
    };
    const nextSession = () => {
      duties.sessionId = 'session 2';
      duties.sessionEndsAt = timing.now() + 8 * 60 * MINUTE;
      return duties.lease();
    };

    it('asks for the next session one to two intervals before', async () => {
      await nearTheEnd();
      duties.next = nextSession;
      await timing.advance(1);
      expect(duties.take()).toEqual(['renew', 'renewed']);
      await timing.advance(10 * MINUTE);
      expect(duties.take()).not.toContain('renew');
    });

    it('asks again at the end if the server has not started another session yet', async () => {
      await nearTheEnd();
      await timing.advance(3 * MINUTE);
      expect(duties.take().filter((entry) => entry === 'renew')).toHaveLength(1);
      duties.next = nextSession;
      await timing.advance(1);
      expect(duties.take()).toEqual(['renew', 'renewed']);
    });

    it('asks at once when the server says that the session has ended', async () => {
      start();
      duties.beat = fail(sessionEnded);
      duties.next = nextSession;
      await timing.advance(2 * MINUTE);
      expect(duties.take()).toEqual(['beat', 'renew', 'renewed']);
    });

    it('keeps sending heartbeats when the next session is refused early, and is lost only at the end', async () => {
      await nearTheEnd();
      duties.next = fail(noSeats);
      await timing.advance(3 * MINUTE);
      expect(duties.take()).toEqual(['renew', 'beat', 'renewed']);
      await timing.advance(1);
      expect(duties.take()).toEqual(['renew', 'lost: no_seats_available']);
    });

    it('keeps sending heartbeats while acquires fail with 503, and is degraded only at the end', async () => {
      await nearTheEnd();
      duties.next = fail(new TemporarilyUnavailableError('no database', { code: 'temporarily_unavailable' }));
      await timing.advance(3 * MINUTE);
      const before = duties.take();
      expect(before.filter((entry) => entry === 'renewed')).not.toEqual([]);
      expect(before.filter((entry) => entry === 'renew').length).toBeGreaterThan(1);
      await timing.advance(1);
      expect(duties.take()).toEqual(['renew', 'degraded until +600 s']);
      duties.next = nextSession;
      await timing.advance(MINUTE);
      expect(duties.take()).toEqual(['renew', 'recovered', 'renewed']);
    });
  });
});
