/** What of the page is in the URL. */
export interface ProjectsSearch {
  /** The one to show, from the command palette. */
  id?: string;
}

export function projectsSearch({ id }: Record<string, unknown>): ProjectsSearch {
  return { ...(typeof id === 'string' && { id }) };
}
