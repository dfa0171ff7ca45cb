import { ApiProblem } from '@coditect/api-client/api-problem';

/** What the API says about a field, or one within it: `scopes.1` is about `scopes`. */
export function fieldError(error: unknown, field: string): string | undefined {
  if (!(error instanceof ApiProblem)) return undefined;
  return error.errors.find(({ path }) => path === field || path.startsWith(`${field}.`))?.message;
}

/** Whether the error is about no field of a form, so that it has to be told below it. */
export const isAboutNoField = (error: unknown, fields: readonly string[]): boolean =>
  error !== null && !fields.some((field) => fieldError(error, field) !== undefined);
