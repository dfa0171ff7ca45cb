import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { userRoles } from '@coditect/contracts/names';
import { z } from 'zod';
import { Clock } from '../clock.js';
import { ProblemError } from '../problems/problem.js';

const AUDIENCE = 'coditect-api';
const MAX_CACHED = 50_000;

const Claims = z.object({
  sub: z.uuid(),
  tid: z.uuid(),
  role: z.enum(userRoles),
  sid: z.uuid(),
  jti: z.uuid(),
  exp: z.int(),
});
/** `sub` user, `tid` tenant, `sid` login (the refresh token family), `exp` in seconds. */
export type AccessClaims = z.infer<typeof Claims>;

/** Access tokens: RS256 JWTs of 15 minutes. Keys, issuer and life come from the JwtModule's registration. */
@Injectable()
export class AccessTokens {
  // Checking an RS256 signature costs 20 times as much as this look-up. Only verified tokens are kept, until they
  // expire.
  private readonly verified = new Map<string, AccessClaims>();

  constructor(
    private readonly jwt: JwtService,
    private readonly clock: Clock,
  ) {}

  issue(user: Pick<AccessClaims, 'sub' | 'tid' | 'role' | 'sid'>): Promise<string> {
    const iat = Math.floor(this.clock.now().getTime() / 1000);
    return this.jwt.signAsync({ ...user, jti: randomUUID(), iat }, { audience: AUDIENCE });
  }

  /** @throws ProblemError invalid_token */
  async verify(token: string): Promise<AccessClaims> {
    const now = this.clock.now().getTime() / 1000;
    const cached = this.verified.get(token);
    if (cached && cached.exp > now) return cached;
    const claims = await this.check(token, now);
    if (this.verified.size >= MAX_CACHED) this.verified.delete(this.verified.keys().next().value!);
    this.verified.set(token, claims);
    return claims;
  }

  private async check(token: string, now: number): Promise<AccessClaims> {
    try {
      const payload: unknown = await this.jwt.verifyAsync(token, {
        audience: AUDIENCE,
        clockTimestamp: Math.floor(now),
      });
      return Claims.parse(payload);
    } catch (cause) {
      throw new ProblemError('invalid_token', {
        detail: 'The access token is not valid or has expired; refresh it or sign in again.',
        headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
        cause,
      });
    }
  }
}
