/** The message of any thrown value. A failed connection to a host name with several addresses lists each failure. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && !error.message) return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}

/** The `code` of a system error (`EADDRINUSE`) or of a PostgreSQL error (`42P04`). */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
