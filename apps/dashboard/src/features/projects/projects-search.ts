import { given, oneOf, someId, someOffset, someText } from '#shell/search-params';

export const orderings = ['name', '-name', 'created_at', '-created_at', 'updated_at', '-updated_at'] as const;
export type ProjectOrdering = (typeof orderings)[number];

/** The search parameters of the page. */
export interface ProjectsSearch {
  search?: string;
  /** Active projects by default. */
  status?: 'archived' | 'all';
  ordering?: ProjectOrdering;
  offset?: number;
  /** Id of the open project; the command palette sets it too. */
  id?: string;
  /** Whether the dialog that creates a project is open. */
  create?: true;
}

/** Statuses to filter by. Without a filter the active projects are shown. */
export const statusFilters = ['archived', 'all'] as const;

export function projectsSearch(search: Record<string, unknown>): ProjectsSearch {
  return given({
    search: someText(search['search']),
    status: oneOf(statusFilters, search['status']),
    ordering: oneOf(orderings, search['ordering']),
    offset: someOffset(search['offset']),
    id: someId(search['id']),
    create: oneOf([true], search['create']),
  });
}
