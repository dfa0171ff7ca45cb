import { StandardSchemaValidationPipe } from '@nestjs/common';
import { ProblemError } from './problem.js';

/** Validates bodies, queries and path parameters with the schema named at the parameter; 422 names every wrong field. */
export const validationPipe = new StandardSchemaValidationPipe({
  exceptionFactory: (issues) =>
    validationFailed(
      issues.map((issue) => ({
        path: (issue.path ?? []).map((key) => String(typeof key === 'object' ? key.key : key)).join('.'),
        message: issue.message,
        code: 'code' in issue && typeof issue.code === 'string' ? issue.code : 'invalid',
      })),
    ),
});

/** The same for what only the use case can tell of a field. */
export function validationFailed(errors: { path: string; message: string; code: string }[]): ProblemError {
  return new ProblemError('validation_failed', {
    detail: 'See errors for the fields that are missing or wrong.',
    errors,
  });
}
