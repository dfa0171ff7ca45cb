import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ClientHarness, errorOf, eventLog, nextEvent } from '../test/client-harness.js';
import { problem } from '../test/server-answer.js';
import type { LicenseClient } from './client.js';

describe('a LicenseClient that holds a seat', () => {
  let harness: ClientHarness;
  let client: LicenseClient;
  const heartbeats = () => harness.server.calls('licenses/heartbeat');

  beforeEach(async () => {
    harness = await ClientHarness.start();
    client = harness.client({ graceSeconds: 600 });
    await client.acquire({ features: ['editor'] });
  });
  afterEach(() => harness.close());

  it('extends its lease with the session token alone', async () => {
    harness.server.accessTokens.clear();
    const renewed = nextEvent(client, 'renewed');
    await harness.pass(120);
    const { seat } = await renewed;
    expect(seat.leaseExpiresAt.getTime()).toBe(harness.timing.now() + 360_000);
    expect(client.seat).toEqual(seat);
    expect(heartbeats()[0]?.body).toEqual({ session_token: client.grant?.session_token });
    expect(heartbeats()[0]?.headers.authorization).toBeUndefined();
  });

  it('survives a bad gateway, a broken connection and a full server within its lease without an event', async () => {
    const log = eventLog(client);
    const busy = problem(503, 'temporarily_unavailable', {}, { 'retry-after': '15' });
    harness.server.script(
      'licenses/heartbeat',
      { status: 502, body: '<html>' },
      'reset',
      busy,
      problem(429, 'rate_limited'),
    );
    await harness.pass(200);
    expect(heartbeats()).toHaveLength(5);
    expect(log).toEqual(['renewed']);
  });

  it('does not wait for a server that hangs', async () => {
    const held = harness.server.hold('licenses/heartbeat');
    await harness.timing.advance(120_000);
    await held.arrived;
    await harness.timing.advance(10_000);
    const renewed = nextEvent(client, 'renewed');
    await harness.timing.advance(1000);
    expect((await renewed).seat.leaseExpiresAt.getTime()).toBeGreaterThan(harness.timing.now());
    held.goOn();
  });

  it('is degraded when its lease ends without an answer, and recovers', async () => {
    const log = eventLog(client);
    const degraded = nextEvent(client, 'degraded');
    harness.server.outage = { status: 503 };
    await harness.pass(360);
    expect(client.state).toBe('degraded');
    expect(await degraded).toMatchObject({
      error: { name: 'TemporarilyUnavailableError' },
      until: new Date(harness.timing.now() + 600_000),
    });
    harness.server.outage = undefined;
    await harness.pass(60);
    expect(client.state).toBe('held');
    expect(log.slice(0, 3)).toEqual(['degraded', 'recovered', 'renewed']);
  });

  it('is lost when grace is over too, with the failure as the cause', async () => {
    const lost = nextEvent(client, 'lost');
    harness.server.outage = { status: 503 };
    await harness.pass(960);
    expect((await lost).error).toMatchObject({
      name: 'LeaseLostError',
      code: 'grace_over',
      cause: { name: 'TemporarilyUnavailableError' },
    });
    expect([client.state, client.seat]).toEqual(['lost', undefined]);
  });

  it.each([
    [410, 'lease_lost', 'LeaseLostError'],
    [404, 'session_not_found', 'LeaseLostError'],
    [403, 'license_suspended', 'LicenseStateError'],
    [403, 'license_revoked', 'LicenseStateError'],
    [403, 'license_expired', 'LicenseStateError'],
    [403, 'user_disabled', 'LicenseStateError'],
    [403, 'tenant_suspended', 'LicenseStateError'],
  ])('is lost at once by %d %s', async (status, code, name) => {
    const log = eventLog(client);
    const lost = nextEvent(client, 'lost');
    harness.server.script('licenses/heartbeat', problem(status, code, { end_reason: 'revoked' }));
    await harness.pass(3600);
    expect((await lost).error).toMatchObject({ name, code, isConclusive: true });
    expect(log).toEqual(['lost']);
    expect(heartbeats()).toHaveLength(1);
  });

  it('can take a seat again after the loss', async () => {
    harness.server.script('licenses/heartbeat', problem(410, 'lease_lost'));
    await harness.pass(120);
    await client.acquire();
    await harness.pass(120);
    expect(client.state).toBe('held');
    expect(heartbeats()).toHaveLength(2);
  });

  it('is not disturbed by a listener that throws', async () => {
    client.on('renewed', () => {
      throw new Error('host bug');
    });
    await harness.pass(360);
    expect(heartbeats()).toHaveLength(3);
  });

  describe('at the session end', () => {
    const HOURS = 3600;

    it('continues with the next license session of the same request', async () => {
      const first = client.seat?.sessionId;
      const log = eventLog(client);
      await harness.pass(9 * HOURS);
      expect(client.state).toBe('held');
      expect(client.seat?.sessionId).not.toBe(first);
      expect(new Set(log)).toEqual(new Set(['renewed']));
      expect(harness.server.calls('licenses/acquire').at(-1)?.body).toMatchObject({ features: ['editor'] });
      await expect(client.verifyOffline(client.grant?.signed_license ?? '')).resolves.toBeDefined();
    });

    it('accepts the next license even if the signing key was rotated', async () => {
      await harness.pass(4 * HOURS);
      harness.server.issuer.rotate();
      await harness.pass(5 * HOURS);
      expect(client.state).toBe('held');
    });

    it('is lost if the seat goes to another user', async () => {
      const lost = nextEvent(client, 'lost');
      harness.server.seats = 1;
      await harness.pass(7.9 * HOURS);
      harness.server.seats = 0;
      await harness.pass(1 * HOURS);
      expect((await lost).error).toMatchObject({ code: 'no_seats_available' });
    });
  });
});

describe('LicenseClient.release', () => {
  let harness: ClientHarness;
  let client: LicenseClient;

  beforeEach(async () => {
    harness = await ClientHarness.start();
    client = harness.client();
  });
  afterEach(() => harness.close());

  it('gives the seat back once and ends the heartbeats', async () => {
    await client.acquire();
    await Promise.all([client.release(), client.release()]);
    await client.release();
    expect(harness.server.calls('licenses/release')).toHaveLength(1);
    expect([client.state, client.seat, client.grant]).toEqual(['released', undefined, undefined]);
    expect(harness.timing.timers).toEqual([]);
  });

  it('does nothing without a seat', async () => {
    await client.release();
    expect(harness.server.received).toEqual([]);
    expect(client.state).toBe('idle');
  });

  it('tries once more on a new connection', async () => {
    await client.acquire();
    harness.server.script('licenses/release', 'reset');
    await client.release();
    expect(harness.server.held).toEqual([]);
  });

  it.each(['reset', { status: 500 }, problem(404, 'session_not_found')] as const)(
    'never rejects (%o)',
    async (answer) => {
      await client.acquire();
      harness.server.script('licenses/release', answer, answer);
      await expect(client.release()).resolves.toBeUndefined();
      expect(client.state).toBe('released');
    },
  );

  it('ends an acquire under way and gives the granted seat back', async () => {
    const held = harness.server.hold('licenses/acquire');
    const refused = errorOf(client.acquire());
    await held.arrived;
    const released = client.release();
    held.goOn();
    await released;
    expect(await refused).toMatchObject({ code: 'released' });
    expect(harness.server.held).toEqual([]);
    expect(harness.timing.timers).toEqual([]);
  });

  it('ends a renewal under way too', async () => {
    harness.server.sessionSeconds = 600;
    await client.acquire();
    await harness.pass(600 - 1);
    const held = harness.server.hold('licenses/acquire');
    await harness.timing.advance(1000);
    await held.arrived;
    const released = client.release();
    held.goOn();
    await released;
    expect(harness.server.calls('licenses/acquire').length).toBeGreaterThan(1);
    expect(harness.server.held).toEqual([]);
    expect(harness.timing.timers).toEqual([]);
  });

  it('is not called by detach: the seat stays until its lease ends', async () => {
    await client.acquire();
    client.detach();
    expect(harness.server.held).toHaveLength(1);
    expect(harness.timing.timers).toEqual([]);
    expect(client.state).toBe('released');
  });
});
