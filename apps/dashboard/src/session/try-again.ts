import { ApiProblem } from '@coditect/api-client/api-problem';

/** Whether to repeat a failed read: network and server errors may pass, refusals (4xx) do not.
 *  @param failures number of earlier failures */
export function mayTryAgain(failures: number, error: unknown): boolean {
  return failures < 2 && !(error instanceof ApiProblem && error.status < 500);
}
