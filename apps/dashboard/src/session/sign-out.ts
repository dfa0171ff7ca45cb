import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useCallback, useEffect } from 'react';
import { clearToasts } from '#ui/toast';
import { forgetToken, onLoginEnd } from './access-token.ts';
import { api } from './api.ts';

/** Drops what was read and what was said, before another person signs in at this browser. */
function dropAll(client: QueryClient): void {
  client.clear();
  clearToasts();
}

/** Ends the login here and at the API, and drops all data that was read. */
export function useSignOut(): () => Promise<void> {
  const client = useQueryClient();
  const navigate = useNavigate();
  return useCallback(async () => {
    await api.POST('/api/v1/auth/logout', { body: {} }).catch(() => undefined);
    forgetToken();
    await navigate({ to: '/sign-in' });
    dropAll(client);
  }, [client, navigate]);
}

/** Opens the sign-in page when the login has ended, and returns to the same page after signing in. */
export function useLoginEnd(): void {
  const client = useQueryClient();
  const navigate = useNavigate();
  useEffect(
    () =>
      onLoginEnd(() => {
        const { pathname, search, hash } = window.location;
        void navigate({ to: '/sign-in', search: { redirect: pathname + search + hash, error: 'session_ended' } }).then(
          () => dropAll(client),
        );
      }),
    [client, navigate],
  );
}
