import { http, HttpResponse } from 'msw';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
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
