import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ClientHarness, errorOf, eventLog, MACHINE, nextEvent } from '../test/client-harness.js';
import { LicenseIssuer } from '../test/license-issuer.js';
import { problem } from '../test/server-answer.js';
import { NoSeatsAvailableError, TemporarilyUnavailableError } from './errors.js';

describe('LicenseClient.acquire', () => {
  let harness: ClientHarness;
  const acquires = () => harness.server.calls('licenses/acquire');

  beforeEach(async () => {
    harness = await ClientHarness.start();
  });
  afterEach(() => harness.close());

  it('returns a verified seat and emits "acquired"', async () => {
    const client = harness.client();
    const acquired = nextEvent(client, 'acquired');
    const seat = await client.acquire({ features: ['editor'] });
    expect(seat).toMatchObject({ machineId: MACHINE, planTier: 'team', seatNo: 1, features: ['editor', 'review'] });
    expect(await client.verifyOffline(seat.signedLicense)).toMatchObject({ session_id: seat.sessionId });
    expect([client.state, client.seat, (await acquired).seat]).toEqual(['held', seat, seat]);
  });

  it('sends the request of the host', async () => {
    const hardwareFingerprint = { cpu: 'x', disks: ['a', 'b'] };
    await harness.client().acquire({ licenseKey: 'CODI-1', features: ['review'], hardwareFingerprint });
    expect(acquires()[0]?.body).toEqual({
      machine_id: MACHINE,
      license_key: 'CODI-1',
      features: ['review'],
      hardware_fingerprint: hardwareFingerprint,
    });
  });

  it('does not show the session token in the seat', async () => {
    const client = harness.client();
    const seat = await client.acquire();
    expect(client.grant?.session_token).toContain('cst_');
    expect(JSON.stringify(seat)).not.toContain('cst_');
  });

  it('rejects with a typed error and emits "denied", without a second attempt', async () => {
    harness.server.seats = 0;
    const client = harness.client();
    const denied = nextEvent(client, 'denied');
    const error = await errorOf(client.acquire());
    expect(error).toBeInstanceOf(NoSeatsAvailableError);
    expect((await denied).error).toBe(error);
    expect(acquires()).toHaveLength(1);
    expect(client.state).toBe('idle');
  });

  it.each([
    ['entitlement_missing', 'EntitlementMissingError', () => harness.client().acquire({ features: ['time travel'] })],
    ['invalid_credentials', 'AuthenticationError', () => wrongPassword().acquire()],
  ])('tells %s as %s', async (code, name, acquire) => {
    expect(await errorOf(acquire())).toMatchObject({ code, name, isConclusive: true });
  });

  const wrongPassword = () => harness.client({ credentials: { email: 'ada@example.com', password: 'wrong' } });

  describe('while failures are inconclusive', () => {
    it('tries again after the wait that the server asks for', async () => {
      const busy = problem(503, 'temporarily_unavailable', {}, { 'retry-after': '20' });
      harness.server.script('licenses/acquire', busy, { status: 502, body: '<html>' }, 'reset');
      const begun = harness.timing.now();
      await harness.outcome(harness.client().acquire());
      expect(acquires()).toHaveLength(4);
      // 20.5 s, then the middle of 0..2 s and of 0..4 s
      expect(harness.timing.now() - begun).toBe(23_500);
    });

    it('gives up after four attempts with the last error', async () => {
      harness.server.script(
        'licenses/acquire',
        'reset',
        'reset',
        'reset',
        problem(503, 'temporarily_unavailable'),
        'reset',
      );
      const error = await errorOf(harness.outcome(harness.client().acquire()));
      expect(error).toBeInstanceOf(TemporarilyUnavailableError);
      expect(acquires()).toHaveLength(4);
    });

    it('leaves a long wait to the host', async () => {
      harness.server.script('licenses/acquire', problem(429, 'rate_limited', {}, { 'retry-after': '3600' }));
      expect(await errorOf(harness.client().acquire())).toMatchObject({
        code: 'rate_limited',
        retryAfterSeconds: 3600,
      });
    });

    it('takes no seat before it has the keys to verify it', async () => {
      harness.server.script('.well-known/jwks.json', 'reset', 'reset', 'reset', 'reset');
      await errorOf(harness.outcome(harness.client().acquire()));
      expect(acquires()).toEqual([]);
    });

    it('tries again when the host cannot provide its login', async () => {
      let calls = 0;
      const accessToken = async () => {
        calls += 1;
        if (calls === 1) throw new Error('the keychain is locked');
        const [token = ''] = harness.server.accessTokens;
        return token;
      };
      harness.server.accessTokens.add('valid');
      await harness.outcome(harness.client({ credentials: { accessToken } }).acquire());
      expect(calls).toBe(2);
    });
  });

  it('gets one new access token when the server refuses one before its expiry', async () => {
    const client = harness.client();
    await client.acquire();
    harness.server.accessTokens.clear();
    await client.acquire();
    expect(harness.server.calls('auth/refresh')).toHaveLength(1);
  });

  it('gives the seat back if its license does not verify', async () => {
    const strangers = new LicenseIssuer();
    strangers.rotate();
    const { keys } = strangers.jwks();
    const client = harness.client({ jwks: { keys: keys.slice(0, 1) } });
    expect(await errorOf(client.acquire())).toMatchObject({ name: 'VerificationError', code: 'unknown_key' });
    expect(harness.server.held).toEqual([]);
  });

  it.each([-3_600_000, 3_600_000])('works on a machine whose clock is off by %d ms', async (skew) => {
    harness.server.now = () => harness.timing.now() + skew;
    const client = harness.client();
    const seat = await client.acquire();
    expect(seat.leaseExpiresAt.getTime() - harness.server.now()).toBe(360_000);
    expect(Math.abs(harness.timing.nextDelay - 120_000)).toBeLessThanOrEqual(1000);
    await expect(client.verifyOffline(seat.signedLicense, { graceSeconds: 0 })).resolves.toBeDefined();
  });

  describe("when aborted by the host's signal", () => {
    it('rejects at once with its reason', async () => {
      const reason = new Error('window closed');
      await expect(harness.client().acquire({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      expect(harness.server.received).toEqual([]);
    });

    it('gives back a seat that is still granted', async () => {
      const client = harness.client();
      const controller = new AbortController();
      const held = harness.server.hold('licenses/acquire');
      const given = errorOf(client.acquire({ signal: controller.signal }));
      await held.arrived;
      controller.abort();
      expect(await given).toBe(controller.signal.reason);
      held.goOn();
      // waits for requests that are still under way
      await client.release();
      expect(harness.server.calls('licenses/release')).toHaveLength(1);
      expect(harness.server.held).toEqual([]);
    });

    it('ends the waiting between two attempts', async () => {
      harness.server.script('licenses/acquire', 'reset');
      const controller = new AbortController();
      const acquiring = harness.client().acquire({ signal: controller.signal });
      while (!harness.timing.timers.some(({ keepsAlive }) => keepsAlive)) await harness.timing.advance(0);
      controller.abort();
      await errorOf(acquiring);
      await harness.timing.advance(60_000);
      expect(acquires()).toHaveLength(1);
    });
  });

  describe('while a seat is held', () => {
    it('returns the same seat and keeps one heartbeat loop', async () => {
      const client = harness.client();
      const [first, second] = await Promise.all([client.acquire(), client.acquire()]);
      expect(second.sessionId).toBe(first.sessionId);
      await harness.pass(120);
      expect(harness.server.calls('licenses/heartbeat')).toHaveLength(1);
    });

    it('gives the former seat back if the answer is another one', async () => {
      const client = harness.client();
      const first = await client.acquire({ licenseKey: 'CODI-1' });
      const second = await client.acquire({ licenseKey: 'CODI-2' });
      await harness.idle();
      expect(harness.server.held.map(({ id }) => id)).toEqual([second.sessionId]);
      expect(second.sessionId).not.toBe(first.sessionId);
    });

    it('keeps the seat if another request is refused', async () => {
      const client = harness.client();
      const seat = await client.acquire();
      await errorOf(client.acquire({ features: ['time travel'] }));
      expect([client.state, client.seat]).toEqual(['held', seat]);
      await harness.pass(120);
      expect(eventLog(client)).not.toContain('lost');
      expect(harness.server.calls('licenses/heartbeat')).toHaveLength(1);
    });
  });
});

describe('LicenseClient.resume', () => {
  let harness: ClientHarness;

  beforeEach(async () => {
    harness = await ClientHarness.start();
  });
  afterEach(() => harness.close());

  it('keeps the seat of another process that detached it', async () => {
    const first = harness.client();
    await first.acquire();
    const { grant } = first;
    first.detach();
    if (!grant) throw new Error('no grant');
    const second = harness.client();
    const seat = await second.resume(grant);
    expect(seat.sessionId).toBe(grant.session_id);
    await harness.pass(240);
    expect(harness.server.calls('licenses/heartbeat')).toHaveLength(3);
    expect(harness.server.calls('licenses/release')).toEqual([]);
  });

  it('rejects when the seat is no longer held', async () => {
    const first = harness.client();
    const { sessionId } = await first.acquire();
    const { grant } = first;
    if (!grant) throw new Error('no grant');
    harness.server.end(sessionId, 'revoked');
    const error = await errorOf(harness.client().resume(grant));
    expect(error).toMatchObject({ name: 'LeaseLostError', endReason: 'revoked' });
  });
});
