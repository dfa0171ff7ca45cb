import { useNavigate, useRouteContext } from '@tanstack/react-router';
import { useCallback } from 'react';
import { keepToken } from '#session/access-token';
import type { Message } from '#session/api';

/** Starts a login with the tokens of a sign-in, and opens a path of this site. Data that another user read in this tab
 *  is dropped. */
export function useBeginLogin(): (tokens: Message['TokenResponse'], to?: string) => Promise<void> {
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
