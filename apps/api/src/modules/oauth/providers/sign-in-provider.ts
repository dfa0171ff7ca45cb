import { Logger } from '@nestjs/common';
import { STORABLE_TEXT } from '@coditect/contracts/common';
import type { SignInProvider as ProviderMessage } from '@coditect/contracts/oauth';
import { EmailAddress, PersonName } from '@coditect/contracts/users';
import { z } from 'zod';
import { errorCode } from '#platform/problems/error-code';
import { ProblemError, temporarilyUnavailable } from '#platform/problems/problem';

/** The limit of each call to a provider. A person is waiting for it. */
export const PROVIDER_TIMEOUT_SECONDS = 5;

const RETRY_AFTER_SECONDS = 10;

/** The identity that a provider asserts. Malformed optional values are dropped. A malformed subject is refused. */
const ExternalIdentity = z.object({
  /** Never changes and is never reused, unlike the e-mail address (OpenID Connect Core, section 5.7). */
  subject: z.string().min(1).max(255).regex(STORABLE_TEXT),
  email: EmailAddress.optional().catch(undefined),
  /** True only if the provider vouches for the address and is trusted for it. */
  emailVerified: z.boolean(),
  name: PersonName.optional().catch(undefined),
});
export type ExternalIdentity = z.infer<typeof ExternalIdentity> & { provider: string };
/** The claims of a provider before they are checked. */
export type ClaimedIdentity = Partial<Record<keyof z.input<typeof ExternalIdentity>, unknown>>;

export interface ProviderSettings {
  id: string;
  name: string;
  tenant?: string | null | undefined;
  allow_sign_up?: boolean;
  trusted_email_domains?: readonly string[] | undefined;
}

/** A tenant named by its slug. Without `id` the slug does not exist. */
export interface TenantName {
  id?: string;
  slug: string;
}

/** An external provider with which people sign in. */
export abstract class SignInProvider {
  readonly id: string;
  readonly name: string;
  /** The only tenant that it signs in to, if there is one. A slug is resolved at each use. */
  readonly tenant: { id: string } | { slug: string } | undefined;
  /** Whether a person without an invitation becomes a member of that tenant. */
  readonly allowSignUp: boolean;
  private readonly trustedEmailDomains: readonly string[] | undefined;
  private readonly logger = new Logger('sign-in provider');

  constructor(
    settings: ProviderSettings,
    readonly kind: ProviderMessage['kind'],
  ) {
    this.id = settings.id;
    this.name = settings.name;
    this.tenant = settings.tenant ? tenantNamed(settings.tenant) : undefined;
    this.allowSignUp = settings.allow_sign_up ?? false;
    this.trustedEmailDomains = settings.trusted_email_domains;
  }

  signsInTo({ id, slug }: TenantName): boolean {
    if (!this.tenant) return true;
    return 'id' in this.tenant ? this.tenant.id === id : this.tenant.slug === slug;
  }

  /** @throws ZodError without a usable subject */
  protected checked(claimed: ClaimedIdentity): ExternalIdentity {
    const identity = ExternalIdentity.parse(claimed);
    const emailVerified = identity.emailVerified && this.trustsEmail(identity.email);
    return { provider: this.id, ...identity, emailVerified };
  }

  protected failed(cause: unknown): ProblemError {
    return new ProblemError('oauth_failed', { detail: `Start again at ${this.name}.`, cause });
  }

  protected outage(cause: unknown): ProblemError {
    return temporarilyUnavailable(`${this.name} cannot be reached.`, RETRY_AFTER_SECONDS, cause);
  }

  /** Logs only the kind of failure, because the cause can hold tokens. */
  protected log(msg: string, error: unknown): void {
    const message = error instanceof Error ? error.message : undefined;
    this.logger.warn({ msg, provider: this.id, code: errorCode(error), err: message });
  }

  private trustsEmail(email: string | undefined): boolean {
    const domains = this.trustedEmailDomains;
    return !domains || (email !== undefined && domains.includes(email.slice(email.lastIndexOf('@') + 1)));
  }
}

/** A text in the form of an id is always an id. A tenant could otherwise choose that text as its slug. */
function tenantNamed(text: string): { id: string } | { slug: string } {
  return z.guid().safeParse(text).success ? { id: text.toLowerCase() } : { slug: text };
}
