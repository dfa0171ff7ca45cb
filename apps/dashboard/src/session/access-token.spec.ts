import { http, HttpResponse } from 'msw';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { server } from '#test/server';
import { currentToken, forgetToken, keepToken, onLoginEnd, renewToken } from './access-token.ts';

const REFRESH = '*/api/v1/auth/refresh';
const tokens = (access_token: string) =>
  ({ access_token, token_type: 'Bearer', expires_in: 900, refresh_token_expires_in: 9000 }) as const;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  forgetToken();
  vi.useRealTimers();
});

describe('the access token', () => {
  it('when several callers renew it at once, then one request is sent', async () => {
    let asked = 0;
    server.use(http.post(REFRESH, () => HttpResponse.json(tokens(`token ${(asked += 1)}`))));
    expect(await Promise.all([renewToken(), renewToken(), renewToken()])).toEqual([true, true, true]);
    expect([asked, currentToken()]).toEqual([1, 'token 1']);
  });

  it('when it is a minute from its end, then it is renewed', async () => {
    server.use(http.post(REFRESH, () => HttpResponse.json(tokens('the next'))));
    keepToken(tokens('the first'));
    await vi.advanceTimersByTimeAsync(839_000);
    expect(currentToken()).toBe('the first');
    await vi.advanceTimersByTimeAsync(1_000);
    vi.useRealTimers();
    await vi.waitFor(() => expect(currentToken()).toBe('the next'));
  });

  it('when the login has ended elsewhere, then the token is dropped and listeners are called', async () => {
    const ended = vi.fn<() => void>();
    const stop = onLoginEnd(ended);
    server.use(http.post(REFRESH, () => HttpResponse.json({ code: 'invalid_token' }, { status: 401 })));
    expect(await renewToken()).toBe(false);
    expect(ended).not.toHaveBeenCalled(); // there was no login
    keepToken(tokens('a token'));
    expect(await renewToken()).toBe(false);
    expect(ended).toHaveBeenCalledOnce();
    expect(currentToken()).toBeUndefined();
    stop();
  });

  describe('of user A', () => {
    const of = (sub: string, n = 1) => tokens(`header.${btoa(JSON.stringify({ sub, n }))}.signature`);
    const ended = vi.fn<() => void>();
    beforeEach(() => {
      keepToken(of('a'));
      onTestFinished(onLoginEnd(ended.mockReset()));
    });
    /** Answers the renewal only after `meanwhile`. */
    async function renewDuring(answer: () => Response, meanwhile: () => void): Promise<boolean> {
      server.use(
        http.post(REFRESH, () => {
          meanwhile();
          return answer();
        }),
      );
      return renewToken();
    }

    it('is renewed for the same user', async () => {
      expect(await renewDuring(() => HttpResponse.json(of('a', 2)), vi.fn())).toBe(true);
      expect([currentToken(), ended.mock.calls.length]).toEqual([of('a', 2).access_token, 0]);
    });

    it('when B has signed in in another tab, then the login ends here: the page shows data of A', async () => {
      expect(await renewDuring(() => HttpResponse.json(of('b')), vi.fn())).toBe(false);
      expect([currentToken(), ended.mock.calls.length]).toEqual([undefined, 1]);
    });

    it('when A signs out while it is renewed, then A stays signed out', async () => {
      expect(await renewDuring(() => HttpResponse.json(of('a', 2)), forgetToken)).toBe(false);
      expect([currentToken(), ended.mock.calls.length]).toEqual([undefined, 0]);
    });

    it.each([
      ['succeeds', () => HttpResponse.json(of('a', 2))],
      ['is refused', () => HttpResponse.json({ code: 'invalid_token' }, { status: 401 })],
      ['fails', () => HttpResponse.error()],
    ])('when B signs in while it is renewed, and that %s, then B stays signed in', async (_, answer) => {
      const signIn = () => {
        forgetToken();
        keepToken(of('b'));
      };
      expect(await renewDuring(answer, signIn)).toBe(false); // B must not send again what A has sent
      expect([currentToken(), ended.mock.calls.length]).toEqual([of('b').access_token, 0]);
    });
  });

  it.each([
    ['cannot be reached', () => HttpResponse.error()],
    ['is busy', () => HttpResponse.json({ code: 'temporarily_unavailable' }, { status: 503 })],
  ])('when the API %s, then the token is kept, and renewing it is tried again after 10 seconds', async (_, answer) => {
    const ended = vi.fn<() => void>();
    const stop = onLoginEnd(ended);
    server.use(http.post(REFRESH, answer));
    keepToken(tokens('the first'));
    expect(await renewToken()).toBe(false);
    expect([currentToken(), ended.mock.calls.length]).toEqual(['the first', 0]);
    server.use(http.post(REFRESH, () => HttpResponse.json(tokens('the next'))));
    await vi.advanceTimersByTimeAsync(10_000);
    vi.useRealTimers();
    await vi.waitFor(() => expect(currentToken()).toBe('the next'));
    stop();
  });
});
