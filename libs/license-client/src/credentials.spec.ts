import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EMAIL, LicenseServer, PASSWORD } from '../test/license-server.js';
import { VirtualTiming } from '../test/virtual-timing.js';
import {
  openCredentials,
  type Credentials,
  type CredentialsOption,
  type StoredTokens,
  type TokenStore,
} from './credentials.js';
import { HttpClient, parseBaseUrl } from './http-client.js';
import { LicenseApi } from './license-api.js';

class MemoryStore implements TokenStore {
  constructor(public tokens: StoredTokens | undefined) {}

  get = async () => this.tokens;
  set = async (tokens: StoredTokens | undefined) => {
    this.tokens = tokens;
  };
}

describe('credentials', () => {
  let server: LicenseServer;
  let timing: VirtualTiming;
  let api: LicenseApi;
  const open = (option: CredentialsOption): Credentials => openCredentials(option, api, timing);

  beforeEach(async () => {
    server = await LicenseServer.start();
    timing = new VirtualTiming();
    const fetching = (url: string, init: RequestInit) => fetch(url, init);
    api = new LicenseApi(
      new HttpClient({ baseUrl: parseBaseUrl(server.url), fetch: fetching, timeoutMs: 5000, timing }),
    );
  });
  afterEach(() => server.close());

  it("return the host's access token, or the result of its function", async () => {
    expect(await open({ accessToken: 'fixed' }).accessToken()).toBe('fixed');
    let count = 0;
    const fresh = open({ accessToken: () => `token ${(count += 1)}` });
    expect([await fresh.accessToken(), await fresh.accessToken()]).toEqual(['token 1', 'token 2']);
  });

  it('return the API key without any request', async () => {
    const credentials = open({ apiKey: 'cak_of_this_machine' });
    credentials.refused(await credentials.accessToken());
    expect(await credentials.accessToken()).toBe('cak_of_this_machine');
    expect(server.received).toEqual([]);
  });

  describe('by password', () => {
    it('sign in once, and use the access token until half a minute before its expiry', async () => {
      const credentials = open({ email: EMAIL, password: PASSWORD });
      const first = await credentials.accessToken();
      await timing.advance(870_000 - 1);
      expect(await credentials.accessToken()).toBe(first);
      await timing.advance(1);
      expect(await credentials.accessToken()).not.toBe(first);
      expect([server.calls('auth/login').length, server.calls('auth/refresh').length]).toEqual([1, 1]);
    });

    it('send the organization if one is given', async () => {
      await open({ email: EMAIL, password: PASSWORD, tenant: 'acme' }).accessToken();
      expect(server.calls('auth/login')[0]?.body).toEqual({ email: EMAIL, password: PASSWORD, tenant: 'acme' });
    });

    it('sign in again when the refresh token is refused', async () => {
      const credentials = open({ email: EMAIL, password: PASSWORD });
      await credentials.accessToken();
      server.script('auth/refresh', { status: 401, body: { code: 'invalid_token', title: 'no' } });
      await timing.advance(900_000);
      await credentials.accessToken();
      expect(server.calls('auth/login')).toHaveLength(2);
    });

    it('reject with an error for a wrong password', async () => {
      await expect(open({ email: EMAIL, password: 'wrong' }).accessToken()).rejects.toMatchObject({
        name: 'AuthenticationError',
        code: 'invalid_credentials',
      });
    });
  });

  describe('from a token store', () => {
    const signIn = async () =>
      new MemoryStore({ refreshToken: (await api.login({ email: EMAIL, password: PASSWORD })).refresh_token });

    it('use a refresh token once for concurrent calls, and keep the next one', async () => {
      const store = await signIn();
      const used = store.tokens?.refreshToken;
      const credentials = open(store);
      const tokens = await Promise.all([credentials.accessToken(), credentials.accessToken()]);
      expect(new Set(tokens).size).toBe(1);
      expect(server.calls('auth/refresh')).toHaveLength(1);
      expect(store.tokens?.refreshToken).not.toBe(used);
    });

    it('replace an access token that the server refused before its expiry', async () => {
      const credentials = open(await signIn());
      const first = await credentials.accessToken();
      credentials.refused(first);
      expect(await credentials.accessToken()).not.toBe(first);
    });

    it('forget a login that has ended, and reject with "not_signed_in"', async () => {
      const store = new MemoryStore({ refreshToken: 'stolen' });
      await expect(open(store).accessToken()).rejects.toMatchObject({ code: 'not_signed_in' });
      expect(store.tokens).toBeUndefined();
    });

    it('keep the login when the server cannot be reached', async () => {
      const store = await signIn();
      const before = store.tokens;
      server.script('auth/refresh', { status: 503 });
      await expect(open(store).accessToken()).rejects.toMatchObject({ name: 'TemporarilyUnavailableError' });
      expect(store.tokens).toBe(before);
    });

    it('use the tokens that another process refreshed while this one waited for its turn', async () => {
      const store = await signIn();
      const shared: TokenStore = {
        get: store.get,
        set: store.set,
        exclusively: async (work) => {
          await store.set({
            refreshToken: 'next',
            accessToken: 'theirs',
            accessTokenExpiresAt: timing.now() + 900_000,
          });
          return await work();
        },
      };
      expect(await open(shared).accessToken()).toBe('theirs');
      expect(server.calls('auth/refresh')).toEqual([]);
    });
  });
});
