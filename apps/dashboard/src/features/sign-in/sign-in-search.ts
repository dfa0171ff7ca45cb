export interface SignInSearch {
  /** Where to continue: a path of this site only. */
  redirect?: string;
  /** Problem code, for example of a sign-in at a provider. */
  error?: string;
  /** Slug of the organization whose own providers are shown as well. */
  tenant?: string;
}

export function signInSearch({ redirect, error, tenant }: Record<string, unknown>): SignInSearch {
  return {
    ...(typeof redirect === 'string' && /^\/(?![/\\])/.test(redirect) && { redirect }),
    ...(typeof error === 'string' && { error }),
    ...(typeof tenant === 'string' && /^[a-z0-9-]+$/.test(tenant) && { tenant }),
  };
}

/** Returns the path if the API accepts it as a `ReturnTo` (libs/contracts), otherwise the first page. */
export function returnToOf(path: string | undefined): string {
  return path && path.length <= 512 && /^(?!.*\/\/)\/[!-[\]-~]*$/.test(path) ? path : '/';
}
