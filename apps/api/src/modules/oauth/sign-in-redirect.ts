import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Config } from '#config/config';
import { ProblemError } from '#platform/problems/problem';
import type { OAuthChecks } from './oauth-checks-cookie.js';

/** The page that explains a failed sign-in. */
export const SIGN_IN_PAGE = '/sign-in';

/** Sends the browser on its way during a sign-in at a provider, also when the sign-in fails. */
@Injectable()
export class SignInRedirect {
  constructor(private readonly config: Config) {}

  /** Redirects to the URL that `work` returns. When `work` is refused, a browser is redirected to `failurePath` with the
   *  problem code as `error`, because a person cannot read a problem document. Other clients get the problem itself. */
  async answer(
    request: FastifyRequest,
    reply: FastifyReply,
    failurePath: string,
    work: () => Promise<URL>,
  ): Promise<void> {
    let to: URL;
    try {
      to = await work();
    } catch (error) {
      if (!(error instanceof ProblemError) || !acceptsHtml(request)) throw error;
      to = this.page(failurePath);
      to.searchParams.set('error', error.code);
    }
    void reply.header('cache-control', 'no-store').redirect(to.href, 302);
  }

  /** Returns the URL of a page of the dashboard.
   *  @param path begins with one slash, so that it cannot name another host */
  page(path: string): URL {
    return new URL(this.config.dashboardUrl + path);
  }
}

/** Returns the page for a failed callback: linking goes back to its own page, because that person is signed in. */
export function failurePage(checks: OAuthChecks | undefined): string {
  return checks?.purpose.kind === 'link' ? checks.returnTo : SIGN_IN_PAGE;
}

function acceptsHtml(request: FastifyRequest): boolean {
  return request.headers.accept?.includes('text/html') ?? false;
}
