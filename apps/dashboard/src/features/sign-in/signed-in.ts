import { useNavigate, useRouteContext } from '@tanstack/react-router';
import { useCallback } from 'react';
import { keepToken } from '#session/access-token';
import type { Message } from '#session/api';

/** Begins the session with the tokens of a sign-in and goes on to a path of this site. What somebody else may have read in
 *  this tab is forgotten. */
export function useBeginSession(): (tokens: Message['TokenResponse'], to?: string) => Promise<void> {
  const { queries } = useRouteContext({ from: '__root__' });
  const navigate = useNavigate();
  return useCallback(
    async (tokens, to = '/') => {
      keepToken(tokens);
      queries.forget();
      await navigate({ href: to, replace: true });
    },
    [queries, navigate],
  );
}
