/** Returns the `code` that tells errors of Node and of libraries apart, or undefined. */
export function errorCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
