import type { IncomingHttpHeaders } from 'node:http';
import { ProblemError } from '#platform/problems/problem';

/**
 * Refuses a request unless a browser vouches that a page of ours makes it: one of the API's own origin (Fetch Metadata), or
 * one of a known origin. What no browser sends has neither header, and no business with a cookie (OWASP Cross-Site Request
 * Forgery Prevention: Fetch Metadata, verifying the origin). A page of the same site but an unknown origin is refused too: a
 * neighbouring host name may be somebody else's.
 * @throws ProblemError cross_site_request
 */
export function requireOwnPage(headers: IncomingHttpHeaders, knownOrigins: readonly string[]): void {
  if (headers['sec-fetch-site'] === 'same-origin') return;
  if (headers.origin !== undefined && knownOrigins.includes(headers.origin)) return;
  throw new ProblemError('cross_site_request', {
    detail: 'The refresh cookie is for pages of this site, or of an origin that the server knows.',
  });
}
