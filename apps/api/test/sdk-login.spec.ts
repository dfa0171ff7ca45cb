import { LicenseClient, type TokenStore } from '@coditect/license-client/client';
import { type StoredTokens, storedTokens } from '@coditect/license-client/credentials';
import { signInByDevice } from '@coditect/license-client/device-sign-in';
import { type Fetch, HttpClient, parseBaseUrl } from '@coditect/license-client/http-client';
import { LicenseApi } from '@coditect/license-client/license-api';
import { systemTiming, type Timing } from '@coditect/license-client/timing';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { TestApp } from './app.js';
import { sharedApp } from './shared-app.js';
import { newMachine, type TestTenant } from './factory.js';

let api: TestApp;
let tenant: TestTenant;
let baseUrl: string;
beforeAll(async () => {
  api = await sharedApp();
  tenant = await api.factory.tenant();
  baseUrl = await api.app.getUrl();
});
afterEach(() => {
  api.clock.offsetMs = 0;
});

/** Waits end at once, and move the clock of the server instead. */
const timing: Timing = {
  ...systemTiming,
  now: () => api.clock.now().getTime(),
  after(delayMs, callback, keepsAlive) {
    if (!keepsAlive) return systemTiming.after(delayMs, callback, keepsAlive);
    api.clock.offsetMs += delayMs;
    return systemTiming.after(0, callback, keepsAlive);
  },
};
const fetching: Fetch = (url, init) => fetch(url, init);

function licenseApi(): LicenseApi {
  return new LicenseApi(new HttpClient({ baseUrl: parseBaseUrl(baseUrl), fetch: fetching, timeoutMs: 5_000, timing }));
}

/** Signs in by a code that a member decides on after the given number of polls. */
async function signIn(what: 'approve' | 'deny' | 'forget', afterPolls = 2) {
  const server = licenseApi();
  let code = '';
  let polls = 0;
  const poll = server.deviceTokens.bind(server);
  server.deviceTokens = async (deviceCode) => {
    polls += 1;
    if (polls > afterPolls && what !== 'forget')
      await api.post(`auth/device/${code}/${what}`, {}, tenant.member.accessToken);
    return poll(deviceCode);
  };
  return signInByDevice(server, timing, {
    clientName: 'coditect-license on a test',
    announce: ({ user_code }) => (code = user_code),
  });
}

function kept(tokens: StoredTokens | undefined): TokenStore & { tokens: StoredTokens | undefined } {
  const store = {
    tokens,
    get: async () => store.tokens,
    set: async (next: StoredTokens | undefined) => {
      store.tokens = next;
    },
  };
  return store;
}

describe('the command line’s sign-in by a code, on the real API', () => {
  it('waits for the approval without being slowed down, and is then signed in as its approver', async () => {
    const tokens = await signIn('approve');
    expect(await licenseApi().me(tokens.access_token)).toMatchObject({ email: tenant.member.email });
    const client = new LicenseClient({
      baseUrl,
      machineId: newMachine(),
      credentials: kept(storedTokens(tokens, timing)),
    });
    expect((await client.acquire()).seatNo).toBe(1);
    await client.release();

    await licenseApi().logout(tokens.refresh_token);
    await expect(licenseApi().me(tokens.access_token)).rejects.toMatchObject({ code: 'invalid_token' });
    await expect(licenseApi().refresh(tokens.refresh_token)).rejects.toMatchObject({ code: 'invalid_token' });
  });

  it('is told that the person refused', async () => {
    await expect(signIn('deny')).rejects.toMatchObject({ name: 'AuthenticationError', code: 'access_denied' });
  });

  it('is told that the code has expired without a decision', async () => {
    await expect(signIn('forget')).rejects.toMatchObject({ name: 'AuthenticationError', code: 'expired_token' });
  });
});

describe('a client that keeps its login', () => {
  it('survives a connection that breaks while it refreshes', async () => {
    const tokens = await signIn('approve', 0);
    const store = kept({ refreshToken: tokens.refresh_token });
    let lost = 0;
    const breaking: Fetch = async (url, init) => {
      const answer = await fetch(url, init);
      if (!url.endsWith('auth/refresh') || lost > 0) return answer;
      lost += 1;
      throw new TypeError('the connection broke after the server had answered');
    };
    const client = new LicenseClient({ baseUrl, machineId: newMachine(), credentials: store, fetch: breaking });
    expect((await client.acquire()).seatNo).toBe(1);
    expect(lost).toBe(1);
    await client.release();
    const next = await licenseApi().refresh(store.tokens!.refreshToken);
    expect(await licenseApi().me(next.access_token)).toMatchObject({ email: tenant.member.email });
  });
});
