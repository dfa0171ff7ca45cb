/** What an error says, whatever was thrown. A failed connection to a name with several addresses says it once for each. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && !error.message) return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}

/** The `code` of a system error (`EADDRINUSE`) or of a PostgreSQL error (`42P04`). */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
