import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { settle, VirtualTiming } from '../test/virtual-timing.js';
import { LicenseServer } from '../test/license-server.js';
import { problem } from '../test/server-answer.js';
import { signInByDevice } from './device-sign-in.js';
import { HttpClient, parseBaseUrl } from './http-client.js';
import { LicenseApi } from './license-api.js';
import type { DeviceAuthorization, TokenResponse } from './wire.js';

describe('signing in with a device code', () => {
  let server: LicenseServer;
  let timing: VirtualTiming;
  const underWay = new Set<object>();
  let shown: DeviceAuthorization | undefined;

  beforeEach(async () => {
    server = await LicenseServer.start();
    timing = new VirtualTiming();
    server.now = () => timing.now();
    shown = undefined;
  });
  afterEach(() => server.close());

  function signIn(): Promise<TokenResponse> {
    const fetching = async (url: string, init: RequestInit) => {
      underWay.add(init);
      return await fetch(url, init).finally(() => underWay.delete(init));
    };
    const options = { baseUrl: parseBaseUrl(server.url), fetch: fetching, timeoutMs: 600_000, timing };
    const announce = (device: DeviceAuthorization) => (shown = device);
    const signedIn = signInByDevice(new LicenseApi(new HttpClient(options)), timing, {
      clientName: 'a test',
      announce,
    });
    signedIn.catch(() => undefined);
    return signedIn;
  }

  const idle = async () => {
    await settle();
    while (underWay.size > 0) await settle();
    await settle(); // finishes the work that the last answer started
  };
  /** Advances time. Every poll is answered before the next one. */
  async function pass(seconds: number): Promise<void> {
    await idle();
    for (let second = 0; second < seconds; second += 1) {
      await timing.advance(1000);
      await idle();
    }
  }
  const polls = () => server.calls('auth/device/token').length;

  it('shows the code, polls every 5 seconds, and returns the login when the user has approved', async () => {
    const signedIn = signIn();
    await pass(4);
    expect(shown).toMatchObject({ user_code: 'BCDF-BHJK', verification_uri: `${server.url}/device` });
    expect(polls()).toBe(0);
    await pass(11);
    expect(polls()).toBe(3);
    server.devices.decide('BCDF-BHJK', 'approved');
    await pass(5);
    expect(await signedIn).toMatchObject({ token_type: 'Bearer', refresh_token: expect.any(String) });
  });

  it('adds 5 seconds to the interval each time the server answers slow_down', async () => {
    void signIn();
    await pass(0);
    server.script('auth/device/token', problem(400, 'slow_down'), problem(400, 'slow_down'));
    await pass(5); // slow down: 10 from now on
    await pass(9);
    expect(polls()).toBe(1);
    await pass(1); // slow down: 15 from now on
    await pass(14);
    expect(polls()).toBe(2);
    await pass(1);
    expect(polls()).toBe(3);
  });

  it.each([
    ['does not answer', 'reset' as const],
    ['is unavailable', { status: 503 }],
    ['is hidden behind an HTML page of a proxy', { status: 200, body: '<html>' }],
  ])('polls half as often when the server %s', async (_, fault) => {
    const signedIn = signIn();
    await pass(0);
    server.script('auth/device/token', fault);
    await pass(5);
    await pass(9);
    expect(polls()).toBe(1);
    server.devices.decide('BCDF-BHJK', 'approved');
    await pass(1);
    expect(await signedIn).toMatchObject({ token_type: 'Bearer' });
  });

  it('waits as long as a throttling server asks', async () => {
    void signIn();
    await pass(0);
    server.script('auth/device/token', problem(429, 'rate_limited', {}, { 'retry-after': '60' }));
    await pass(5 + 59);
    expect(polls()).toBe(1);
    await pass(1);
    expect(polls()).toBe(2);
  });

  it('rejects when the user refused', async () => {
    const signedIn = signIn();
    await pass(0);
    server.devices.decide('BCDF-BHJK', 'denied');
    await pass(5);
    await expect(signedIn).rejects.toMatchObject({ name: 'AuthenticationError', code: 'access_denied' });
  });

  it('gives up when the code has expired, even if the server cannot be reached', async () => {
    const signedIn = signIn();
    await pass(0);
    server.outage = { status: 503 };
    await pass(600);
    await expect(signedIn).rejects.toMatchObject({ name: 'AuthenticationError', code: 'expired_token' });
    expect(timing.timers).toEqual([]);
  });

  it('does not show an approval page whose URL is not valid', async () => {
    server.script('auth/device', {
      status: 200,
      body: {
        device_code: 'd',
        user_code: 'u',
        expires_in: 600,
        interval: 5,
        verification_uri: 'javascript:alert(1)',
        verification_uri_complete: 'file:///etc/passwd',
      },
    });
    await expect(signIn()).rejects.toMatchObject({ code: 'unexpected_response' });
    expect(shown).toBeUndefined();
  });
});
