export interface SignInSearch {
  /** Where to go on: a path of this site, nothing else. */
  redirect?: string;
  /** A problem code, of a provider's sign-in say. */
  error?: string;
  /** Short name of the organization, whose own providers are shown too. */
  tenant?: string;
}

export function signInSearch({ redirect, error, tenant }: Record<string, unknown>): SignInSearch {
  return {
    ...(typeof redirect === 'string' && /^\/(?![/\\])/.test(redirect) && { redirect }),
    ...(typeof error === 'string' && { error }),
    ...(typeof tenant === 'string' && /^[a-z0-9-]+$/.test(tenant) && { tenant }),
  };
}

/** As the API takes it (`ReturnTo` of the contracts); what it would refuse leads to the first page. */
export function returnToOf(path: string | undefined): string {
  return path && path.length <= 512 && /^(?!.*\/\/)\/[!-[\]-~]*$/.test(path) ? path : '/';
}
