/** What of the page is in the URL. */
export interface TeamSearch {
  /** The one to show, from the command palette. */
  id?: string;
}

export function teamSearch({ id }: Record<string, unknown>): TeamSearch {
  return { ...(typeof id === 'string' && { id }) };
}
