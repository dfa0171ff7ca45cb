import { ProblemError } from '../problems/problem.js';
import { currentRequest } from '../request-context.js';

/**
 * Refuses a change by a caller that has read an older version (RFC 9110, section 13.1.1). Call it on the locked row.
 * @throws ProblemError precondition_failed
 */
export function checkVersion(version: number): void {
  const { ifMatch } = currentRequest();
  if (ifMatch && !ifMatch.includes(version))
    throw new ProblemError('precondition_failed', { detail: 'Read the resource again, then repeat the change.' });
}
