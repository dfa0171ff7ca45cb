import type { QueryClient } from '@tanstack/react-query';

/** Access to the query client, which holds what was read for the signed-in user. The library loads with the first
 *  signed-in page, so that the public pages load faster. */
export interface Queries {
  client: () => Promise<QueryClient>;
  /** Another user may sign in next, and must not see data of the previous one. */
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
