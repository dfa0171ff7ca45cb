import { ApiProblem } from '@coditect/api-client/api-problem';

/** Returns the error that the API reports for a field or a part of it: `scopes.1` belongs to `scopes`. */
export function fieldError(error: unknown, field: string): string | undefined {
  if (!(error instanceof ApiProblem)) return undefined;
  return error.errors.find(({ path }) => path === field || path.startsWith(`${field}.`))?.message;
}

/** Whether an error concerns none of the fields of a form, so that the form itself has to show it. */
export const isAboutNoField = (error: unknown, fields: readonly string[]): boolean =>
  error !== null && !fields.some((field) => fieldError(error, field) !== undefined);
