import { createHmac, timingSafeEqual } from 'node:crypto';
import '@fastify/cookie';
import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Clock } from '#platform/clock';
import { Keys } from '#platform/secrets/keys';

/** `__Host-`: set by this very host over TLS, for no other host name (RFC 6265bis, section 4.1.3.2). */
const NAME = '__Host-oauth';
/** Lax, because it must be sent when the provider redirects the browser back. */
const ATTRIBUTES = { httpOnly: true, secure: true, sameSite: 'lax', path: '/' } as const;
export const CHECKS_LIFE_SECONDS = 600;

const Checks = z.object({
  provider: z.string(),
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  returnTo: z.string(),
  purpose: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('sign_in'), tenant: z.string().optional() }),
    z.object({ kind: z.literal('link'), tenantId: z.string(), userId: z.string(), loginId: z.string() }),
  ]),
  issuedAt: z.number(),
});
/** The data kept about a browser that was sent to a provider. The tenant's slug is unchecked input. */
export type OAuthChecks = Omit<z.infer<typeof Checks>, 'issuedAt'>;

/**
 * Keeps the checks of a flow in the browser that began it, so that no other browser can end it and the server stores
 * nothing. The cookie is signed, so the browser cannot change it. It is not secret from the person at the browser.
 */
@Injectable()
export class OAuthChecksCookie {
  private readonly key: Buffer;

  constructor(
    keys: Keys,
    private readonly clock: Clock,
  ) {
    this.key = keys.deriveKey('oauth checks');
  }

  set(reply: FastifyReply, checks: OAuthChecks): void {
    const content = Buffer.from(JSON.stringify({ ...checks, issuedAt: this.clock.now().getTime() })).toString(
      'base64url',
    );
    void reply.setCookie(NAME, `${content}.${this.mac(content).toString('base64url')}`, {
      ...ATTRIBUTES,
      maxAge: CHECKS_LIFE_SECONDS,
    });
  }

  /** Returns and deletes the checks of this browser, if the cookie is valid and at most ten minutes old. */
  take(request: FastifyRequest, reply: FastifyReply): OAuthChecks | undefined {
    void reply.clearCookie(NAME, ATTRIBUTES);
    const [content = '', mac = '', ...rest] = (request.cookies[NAME] ?? '').split('.');
    const [given, expected] = [Buffer.from(mac, 'base64url'), this.mac(content)];
    if (rest.length > 0 || given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    const { issuedAt, ...checks } = Checks.parse(JSON.parse(Buffer.from(content, 'base64url').toString()));
    return issuedAt + CHECKS_LIFE_SECONDS * 1000 > this.clock.now().getTime() ? checks : undefined;
  }

  private mac(content: string): Buffer {
    return createHmac('sha256', this.key).update(content).digest();
  }
}
