/** Returns the `code` by which errors of Node and of libraries can be distinguished, or undefined. */
export function errorCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
