/** What of the page is in the URL. */
export interface AuditSearch {
  /** The one to show, from the command palette. */
  id?: string;
}

export function auditSearch({ id }: Record<string, unknown>): AuditSearch {
  return { ...(typeof id === 'string' && { id }) };
}
