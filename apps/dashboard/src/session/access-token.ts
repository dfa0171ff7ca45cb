import type { components } from '@coditect/api-client/generated/api';

type TokenResponse = components['schemas']['TokenResponse'];

/** In memory only, out of reach of scripts that read storage (docs/dashboard.md). */
let accessToken: string | undefined;
let renewing: Promise<boolean> | undefined;
let renewal: ReturnType<typeof setTimeout> | undefined;
const endings = new Set<() => void>();

/** Leaves time for a slow response, and for a clock that runs ahead. */
const RENEW_BEFORE_SECONDS = 60;

/** The key in localStorage that marks a browser which was signed in when last used. The mark is no credential. */
const MARK = 'signed-in';

export const currentToken = (): string | undefined => accessToken;

/** Stores the access token of a login, and schedules its renewal. */
export function keepToken({ access_token, expires_in }: TokenResponse): void {
  accessToken = access_token;
  localStorage.setItem(MARK, 'yes');
  clearTimeout(renewal);
  renewal = setTimeout(() => void renewToken(), Math.max(expires_in - RENEW_BEFORE_SECONDS, 5) * 1000);
}

/** Forgets the login in this tab. */
export function forgetToken(): void {
  accessToken = undefined;
  localStorage.removeItem(MARK);
  clearTimeout(renewal);
}

/** Whether the browser may hold a refresh cookie, which scripts cannot see. Without the mark no refresh is tried,
 *  except after the return from a sign-in provider. */
export const mayBeSignedIn = (): boolean => localStorage.getItem(MARK) !== null;

/** Calls back when the login has ended in this tab: revoked, expired, or ended in another tab, by a sign-out or by the
 *  sign-in of another user. */
export function onLoginEnd(callback: () => void): () => void {
  endings.add(callback);
  return () => endings.delete(callback);
}

/** Gets an access token with the refresh cookie. All tabs together send one request at a time: the API treats a refresh
 *  token that is sent twice as stolen.
 *  @returns whether the caller may go on with a new token; an unreachable API does not end the login */
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
  const before = accessToken;
  const answer = await refresh();
  // Meanwhile this user has signed out in this tab, or another one has signed in: the answer belongs to an earlier login,
  // and so does what waits for it.
  if (accessToken !== before) return before === undefined;
  if (answer === 'later') return retryLater(before !== undefined);
  if (answer === 'ended') forgetToken();
  else if (before === undefined || userOf(answer.access_token) === userOf(before)) {
    keepToken(answer);
    return true;
  } else {
    // Another user has signed in in another tab. The pages of this tab still show the data of the first one.
    accessToken = undefined;
    clearTimeout(renewal);
  }
  if (before !== undefined) for (const ended of endings) ended();
  return false;
}

async function refresh(): Promise<TokenResponse | 'ended' | 'later'> {
  let response: Response;
  try {
    response = await fetch('/api/v1/auth/refresh', {
      method: 'POST',
      credentials: 'same-origin',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
  } catch {
    return 'later';
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the answer of our own API
  if (response.ok) return (await response.json()) as TokenResponse;
  return response.status >= 500 || response.status === 429 ? 'later' : 'ended';
}

/** Returns the claim of an access token that names its user. */
function userOf(token: string): unknown {
  try {
    const claims: unknown = JSON.parse(atob(token.split('.')[1]!.replaceAll('-', '+').replaceAll('_', '/')));
    return typeof claims === 'object' && claims !== null && 'sub' in claims ? claims.sub : undefined;
  } catch {
    return undefined;
  }
}

/** The current token may still be valid: the next request shows. */
function retryLater(had: boolean): boolean {
  clearTimeout(renewal);
  if (had) renewal = setTimeout(() => void renewToken(), 10_000);
  return false;
}
