import type { QueryClient } from '@tanstack/react-query';

/** What was read for the person who is signed in. The library comes with the first page that is theirs: those before it do
 *  without, and are there sooner. */
export interface Queries {
  client: () => Promise<QueryClient>;
  /** Another person may sign in: nothing of before is theirs. */
  forget: () => void;
}

export function newQueries(): Queries {
  let client: Promise<QueryClient> | undefined;
  return {
    client: () => (client ??= import('./query-client.ts').then(({ newQueryClient }) => newQueryClient())),
    forget: () => {
      client = undefined;
    },
  };
}
