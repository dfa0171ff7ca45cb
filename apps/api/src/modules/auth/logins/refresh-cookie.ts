import '@fastify/cookie';
import { Injectable } from '@nestjs/common';
import type { RefreshRequest, TokenDelivery, TokenResponse } from '@coditect/contracts/auth';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Config } from '#config/config';
import { ProblemError } from '#platform/problems/problem';
import { requireOwnPage } from './own-page.js';

/** `__Host-`: set by this very host over TLS, for no other host name and for all paths (RFC 6265bis, section 4.1.3.2). */
const NAME = '__Host-refresh';
const ATTRIBUTES = { httpOnly: true, secure: true, sameSite: 'strict', path: '/' } as const;

/** Keeps a browser's refresh token in a cookie that no script can read (docs/sign-in.md). */
@Injectable()
export class RefreshCookie {
  private readonly knownOrigins: readonly string[];

  constructor(config: Config) {
    this.knownOrigins = [
      new URL(config.publicUrl).origin,
      new URL(config.dashboardUrl).origin, // it proxies the API (decision 0014)
      ...config.corsOrigins,
    ];
  }

  /** Returns the refresh token of the body, else of the cookie, and where the next one goes.
   *  @throws ProblemError invalid_token if there is none, cross_site_request, validation_failed */
  tokenOf(request: FastifyRequest, body: RefreshRequest): { token: string; delivery: TokenDelivery } {
    const { refresh_token: given, token_delivery: delivery = given === undefined ? 'cookie' : 'body' } = body;
    if (given !== undefined) {
      if (delivery === 'cookie') this.requireOwnPage(request);
      return { token: given, delivery };
    }
    const kept = this.read(request);
    if (kept === undefined)
      throw new ProblemError('invalid_token', {
        detail: 'There is no refresh token in the body and none in the cookie.',
      });
    // Any script in the page, even an injected one, could ask for the token in the body.
    if (delivery === 'body')
      throw new ProblemError('validation_failed', {
        errors: [{ path: 'token_delivery', message: 'What is kept in the cookie stays there', code: 'invalid_value' }],
      });
    return { token: kept, delivery };
  }

  /** Returns the refresh token of the cookie.
   *  @throws ProblemError cross_site_request */
  read(request: FastifyRequest): string | undefined {
    const token = request.cookies[NAME];
    if (token !== undefined) this.requireOwnPage(request);
    return token;
  }

  /** Call it before a login begins in the cookie, so that no page can sign a visitor in as another user.
   *  @throws ProblemError cross_site_request */
  requireOwnPage(request: FastifyRequest): void {
    requireOwnPage(request.headers, this.knownOrigins);
  }

  /** Sets the cookie if the token goes there. Returns the body to send. */
  deliver(reply: FastifyReply, { refresh_token, ...rest }: TokenResponse, to: TokenDelivery): TokenResponse {
    if (to === 'body' || refresh_token === undefined) return { ...rest, refresh_token };
    void reply.setCookie(NAME, refresh_token, { ...ATTRIBUTES, maxAge: rest.refresh_token_expires_in });
    return rest;
  }

  clear(reply: FastifyReply): void {
    void reply.clearCookie(NAME, ATTRIBUTES);
  }
}
