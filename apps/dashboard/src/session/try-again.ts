import { ApiProblem } from '@coditect/api-client/api-problem';

/** Whether to read again what could not be read: what was refused stays refused, what was lost on the way may not be.
 *  @param failures before this one */
export function mayTryAgain(failures: number, error: unknown): boolean {
  return failures < 2 && !(error instanceof ApiProblem && error.status < 500);
}
