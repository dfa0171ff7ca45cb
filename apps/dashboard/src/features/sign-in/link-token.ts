import { useEffect, useState } from 'react';

/** Returns the token of a mailed link. It follows `#token=`, so that no server and no log sees it. It is removed from
 *  the address bar, because the history keeps addresses and bystanders can read them.
 *  @returns undefined when the link has none */
export function useLinkToken(): string | undefined {
  const [token] = useState(() => new URLSearchParams(window.location.hash.slice(1)).get('token') || undefined);
  useEffect(() => {
    if (token) window.history.replaceState(window.history.state, '', window.location.pathname + window.location.search);
  }, [token]);
  return token;
}
