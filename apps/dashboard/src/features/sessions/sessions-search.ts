/** What of the page is in the URL. */
export interface SessionsSearch {
  /** The one to show, from the command palette. */
  id?: string;
}

export function sessionsSearch({ id }: Record<string, unknown>): SessionsSearch {
  return { ...(typeof id === 'string' && { id }) };
}
