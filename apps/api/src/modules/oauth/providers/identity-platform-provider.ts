import { createRemoteJWKSet, errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { z } from 'zod';
import type { IdentityPlatform } from '#config/sign-in-providers';
import { Clock } from '#platform/clock';
import { ProblemError } from '#platform/problems/problem';
import { type ExternalIdentity, PROVIDER_TIMEOUT_SECONDS, SignInProvider } from './sign-in-provider.js';

/** The greatest age of the person's sign-in there, and of the token. */
const SIGN_IN_AGE_SECONDS = 5 * 60;
/** The greatest difference between Google's clock and ours. */
const CLOCK_TOLERANCE_SECONDS = 10;
/** The keys are fetched at most this often, even if tokens name invented key ids. */
const KEYS_COOLDOWN_MS = 30_000;

/** The claims that the JWT library does not check. */
const Claims = z.object({
  sub: z.string().min(1).max(128),
  exp: z.number(),
  /** The time of the person's sign-in, in seconds since 1970. A renewed token keeps it. */
  auth_time: z.number(),
  email: z.string().optional(),
  email_verified: z.unknown().optional(),
  name: z.string().optional(),
  firebase: z.object({ tenant: z.string().optional() }),
});

/** The identity of a valid ID token, and the token's expiry. */
export interface IdentifiedToken {
  identity: ExternalIdentity;
  expiresAt: Date;
}

/**
 * Google Cloud Identity Platform has no authorization endpoint: people sign in with Google's SDK in the browser, which
 * then holds an ID token. It is verified as Google documents it ("Verify ID tokens using a third-party JWT library").
 * All projects of all customers of Google share the keys, so issuer and audience must be checked.
 */
export class IdentityPlatformProvider extends SignInProvider {
  readonly projectId: string;
  private readonly keys: JWTVerifyGetKey;

  constructor(
    private readonly settings: IdentityPlatform,
    private readonly clock: Clock,
  ) {
    super(settings, 'identity_platform');
    this.projectId = settings.project_id;
    const published = createRemoteJWKSet(new URL(settings.jwks_url), {
      timeoutDuration: PROVIDER_TIMEOUT_SECONDS * 1000,
      cooldownDuration: KEYS_COOLDOWN_MS,
    });
    this.keys = async (header, token) => {
      try {
        return await published(header, token);
      } catch (error) {
        if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) throw error;
        throw this.outage(error);
      }
    };
  }

  /** Returns the identity that an ID token stands for.
   *  @throws ProblemError oauth_failed, temporarily_unavailable */
  async identify(idToken: string): Promise<IdentifiedToken> {
    try {
      const now = this.clock.now();
      const { payload } = await jwtVerify(idToken, this.keys, {
        algorithms: ['RS256'],
        issuer: this.settings.issuer ?? `https://securetoken.google.com/${this.projectId}`,
        audience: this.projectId,
        maxTokenAge: SIGN_IN_AGE_SECONDS,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: now,
      });
      const { sub, exp, auth_time: authTime, firebase, email_verified: emailVerified, ...rest } = Claims.parse(payload);
      const age = now.getTime() / 1000 - authTime;
      if (age > SIGN_IN_AGE_SECONDS + CLOCK_TOLERANCE_SECONDS || age < -CLOCK_TOLERANCE_SECONDS)
        throw new Error('auth_time is too long ago, or still to come');
      if (firebase.tenant !== this.settings.platform_tenant) throw new Error('the token is of another tenant there');
      const { email, name } = rest;
      const identity = this.checked({ subject: sub, email, emailVerified: emailVerified === true, name });
      return { identity, expiresAt: new Date((exp + CLOCK_TOLERANCE_SECONDS) * 1000) };
    } catch (error) {
      this.log('signing in failed', error instanceof ProblemError ? error.cause : error);
      throw error instanceof ProblemError ? error : this.failed(error);
    }
  }
}
