import type { IncomingHttpHeaders } from 'node:http';
import { ProblemError } from '#platform/problems/problem';

/**
 * Refuses a request unless a browser vouches that it comes from a known page: one of the API's own origin (Fetch
 * Metadata) or of a configured origin. Programs send neither header, and need no cookie (OWASP Cross-Site Request
 * Forgery Prevention: Fetch Metadata, verifying the origin). A page of the same site with an unknown origin is refused
 * too, because a neighbouring host name may belong to others.
 * @throws ProblemError cross_site_request
 */
export function requireOwnPage(headers: IncomingHttpHeaders, knownOrigins: readonly string[]): void {
  if (headers['sec-fetch-site'] === 'same-origin') return;
  if (headers.origin !== undefined && knownOrigins.includes(headers.origin)) return;
  throw new ProblemError('cross_site_request', {
    detail: 'The refresh cookie is for pages of this site, or of an origin that the server knows.',
  });
}
