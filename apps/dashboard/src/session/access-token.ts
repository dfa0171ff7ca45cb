import type { components } from '@coditect/api-client/generated/api';

type TokenResponse = components['schemas']['TokenResponse'];

/** In memory only: what a script could read from storage would outlive the tab (design section 7). */
let accessToken: string | undefined;
let renewing: Promise<boolean> | undefined;
let renewal: ReturnType<typeof setTimeout> | undefined;
const endings = new Set<() => void>();

/** Renewed so long before it ends: time for a slow answer, and for a clock that runs ahead. */
const RENEW_BEFORE_SECONDS = 60;

/** Set in the storage of a browser that was signed in when it was last used. It is no credential. */
const MARK = 'signed-in';

export const currentToken = (): string | undefined => accessToken;

/** Begins or continues a session. */
export function keepToken({ access_token, expires_in }: TokenResponse): void {
  accessToken = access_token;
  localStorage.setItem(MARK, 'yes');
  clearTimeout(renewal);
  renewal = setTimeout(() => void renewToken(), Math.max(expires_in - RENEW_BEFORE_SECONDS, 5) * 1000);
}

/** Forgets the session in this tab. */
export function forgetToken(): void {
  accessToken = undefined;
  localStorage.removeItem(MARK);
  clearTimeout(renewal);
}

/** Whether there may be a refresh cookie, which no script can see. Without the mark a refresh need not be tried, except after
 *  the return from a sign-in provider. */
export const mayBeSignedIn = (): boolean => localStorage.getItem(MARK) !== null;

/** Calls back when the session has ended by itself: revoked, expired, or signed out in another tab. */
export function onSessionEnd(callback: () => void): () => void {
  endings.add(callback);
  return () => endings.delete(callback);
}

/** Gets an access token by the refresh cookie. One request at a time in all tabs: two with the same token look like theft.
 *  @returns whether there is a session; an API that cannot be reached ends none */
export function renewToken(): Promise<boolean> {
  renewing ??= locked(requestToken).finally(() => {
    renewing = undefined;
  });
  return renewing;
}

async function locked(work: () => Promise<boolean>): Promise<boolean> {
  return 'locks' in navigator ? await navigator.locks.request('token-renewal', work) : await work();
}

async function requestToken(): Promise<boolean> {
  const had = accessToken !== undefined;
  let response: Response;
  try {
    response = await fetch('/api/v1/auth/refresh', {
      method: 'POST',
      credentials: 'same-origin',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
  } catch {
    return retryLater(had);
  }
  if (response.ok) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the answer of our own API
    keepToken((await response.json()) as TokenResponse);
    return true;
  }
  if (response.status >= 500 || response.status === 429) return retryLater(had);
  forgetToken();
  if (had) for (const ended of endings) ended();
  return false;
}

/** The token at hand may still be good, and the next request tells. */
function retryLater(had: boolean): boolean {
  clearTimeout(renewal);
  if (had) renewal = setTimeout(() => void renewToken(), 10_000);
  return false;
}
