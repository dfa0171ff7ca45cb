import { ApiProblem } from '@coditect/api-client/api-problem';

/** Returns what the API says about a field or a part of it: `scopes.1` belongs to `scopes`. */
export function fieldError(error: unknown, field: string): string | undefined {
  if (!(error instanceof ApiProblem)) return undefined;
  return error.errors.find(({ path }) => path === field || path.startsWith(`${field}.`))?.message;
}

/** Whether an error concerns no field of a form, so that the form has to show it itself. */
export const isAboutNoField = (error: unknown, fields: readonly string[]): boolean =>
  error !== null && !fields.some((field) => fieldError(error, field) !== undefined);
