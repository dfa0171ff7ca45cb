import { Injectable } from '@nestjs/common';
import type { TokenResponse } from '@coditect/contracts/auth';
import { Database, type Tx } from '@coditect/db/database';
import type { Invitation, Prisma, Tenant, User } from '@coditect/db/generated/prisma/client';
import { v7 as uuidv7 } from 'uuid';
import { AuditService } from '#modules/audit/audit.service';
import { assertRoomFor } from '#modules/tenants/quotas/quotas';
import { openAt } from '#modules/users/invitations/invitation.rules';
import { Clock } from '#platform/clock';
import { ProblemError } from '#platform/problems/problem';
import { LoginsService } from '#modules/auth/logins/logins.service';
import { lockUser } from '#modules/accounts/account-lock';
import { IdentitiesService } from './identities.service.js';
import type { ExternalIdentity, SignInProvider } from './providers/sign-in-provider.js';

/** An account that an identity can sign in to, and the reason. The account of a newcomer does not exist yet. */
type Candidate = { tenant: Tenant; by: 'link' | 'email'; user: User } | Newcomer;
/** The provider vouches for the address of a newcomer. */
type Newcomer = { tenant: Tenant; email: string } & ({ by: 'invitation'; invitation: Invitation } | { by: 'sign_up' });

/** Finds or creates the account for an identity from a provider (decision record 0010). */
@Injectable()
export class ProviderAccounts {
  constructor(
    private readonly db: Database,
    private readonly logins: LoginsService,
    private readonly identities: IdentitiesService,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /**
   * Begins a login of the user to whom the identity belongs.
   * @param tenant slug, if the person has named one
   * @throws ProblemError no_account, email_unverified, tenant_required, user_disabled, two_factor_required; for a new
   * user quota_exceeded, email_taken, tenant_suspended, tenant_closed
   */
  async signIn(provider: SignInProvider, identity: ExternalIdentity, tenant?: string): Promise<TokenResponse> {
    const candidate = choose(await this.candidates(provider, identity, tenant), identity);
    const method = `oauth:${provider.id}`;
    if (!('user' in candidate)) return this.welcome(candidate, identity, method);
    const { by, user } = candidate;
    try {
      return await this.logins.start(user, method, (tx) => this.admit(tx, user, by, identity));
    } catch (error) {
      if (error instanceof ProblemError) await this.recordFailure(user, method, error.code);
      throw error;
    }
  }

  /** Searches across tenants, because the tenant is not known yet. Only a verified address can match a user. */
  private async candidates(provider: SignInProvider, identity: ExternalIdentity, slug?: string): Promise<Candidate[]> {
    const within: Prisma.TenantWhereInput = provider.tenant ?? { slug };
    const { subject, email, emailVerified } = identity;
    const found = new Map<string, Candidate>();
    const add = (candidate: Candidate): void => {
      if (!found.has(candidate.tenant.id)) found.set(candidate.tenant.id, candidate);
    };
    const linked = await this.db.system.identity.findMany({
      where: { provider: provider.id, subject, tenant: within },
      include: { user: true, tenant: true },
    });
    for (const { tenant, user } of linked) add({ by: 'link', tenant, user });
    if (email === undefined || !emailVerified) return [...found.values()];

    const users = await this.db.system.user.findMany({
      where: { email, status: { not: 'removed' }, tenant: within },
      include: { tenant: true },
    });
    for (const { tenant, ...user } of users) add({ by: 'email', tenant, user });
    const invitations = await this.db.system.invitation.findMany({
      where: { email, ...openAt(this.clock.now()), tenant: within },
      include: { tenant: true },
      orderBy: { createdAt: 'desc' },
    });
    for (const { tenant, ...invitation } of invitations) add({ by: 'invitation', tenant, email, invitation });
    if (provider.allowSignUp && provider.tenant && found.size === 0) {
      const tenant = await this.db.system.tenant.findUnique({ where: provider.tenant });
      if (tenant) add({ by: 'sign_up', tenant, email });
    }
    return [...found.values()];
  }

  /** Repeats the checks on the locked rows, because they may have changed since the search. */
  private async admit(tx: Tx, found: User, by: 'link' | 'email', identity: ExternalIdentity): Promise<void> {
    const { tenantId, id } = found;
    const user = await lockUser(tx, found);
    if (!user) throw new ProblemError('no_account');
    if (user.totpEnabledAt)
      throw new ProblemError('two_factor_required', { detail: 'Sign in with your password and a code.' });
    const { provider, subject } = identity;
    if (by === 'email') {
      if (user.email !== identity.email || !user.emailVerifiedAt) throw emailUnverified();
      await this.identities.attach(tx, { tenantId, userId: id }, identity);
    } else if ((await tx.identity.count({ where: { tenantId, userId: id, provider, subject } })) === 0)
      throw new ProblemError('no_account');
  }

  /** Creates the user and begins its first login. */
  private async welcome(candidate: Newcomer, identity: ExternalIdentity, method: string): Promise<TokenResponse> {
    const { id: tenantId } = candidate.tenant;
    const { email } = candidate;
    const { name = email.slice(0, email.indexOf('@')) } = identity;
    const role = candidate.by === 'invitation' ? candidate.invitation.role : 'member';
    const user = { tenantId, id: uuidv7(), role, email, name };
    return this.logins.start(user, method, async (tx) => {
      await assertTenantActive(tx, tenantId);
      if (candidate.by === 'invitation') await this.useUp(tx, candidate.invitation);
      // An open invitation already counts as a user, so only a person without one needs room.
      else await assertRoomFor(tx, tenantId, 'max_users', { now: this.clock.now(), adding: 1 });
      await this.create(tx, user);
      if (candidate.by === 'invitation') await this.recordAcceptance(tx, candidate.invitation, user.id);
      await this.identities.attach(tx, { tenantId, userId: user.id }, identity);
    });
  }

  private async useUp(tx: Tx, { tenantId, id }: Invitation): Promise<void> {
    const now = this.clock.now();
    const { count } = await tx.invitation.updateMany({
      where: { tenantId, id, ...openAt(now) },
      data: { acceptedAt: now },
    });
    if (count === 0) throw new ProblemError('no_account', { detail: 'The invitation is no longer open.' });
  }

  private async create(tx: Tx, user: Pick<User, 'tenantId' | 'id' | 'role' | 'email' | 'name'>): Promise<void> {
    const { email, name } = user;
    const now = this.clock.now();
    const { count } = await tx.user.createMany({
      data: { ...user, emailVerifiedAt: now, createdAt: now },
      skipDuplicates: true,
    });
    if (count === 0) throw new ProblemError('email_taken', { members: { emails: [email] } });
    await this.audit.write(tx, {
      tenantId: user.tenantId,
      action: 'user.created',
      resourceType: 'user',
      resourceId: user.id,
      after: { email, name, role: user.role, status: 'active' },
    });
  }

  private async recordAcceptance(tx: Tx, { tenantId, id }: Invitation, userId: string): Promise<void> {
    await this.audit.write(tx, {
      tenantId,
      action: 'invitation.accepted',
      resourceType: 'invitation',
      resourceId: id,
      before: { accepted_at: null },
      after: { accepted_at: this.clock.now().toISOString(), user_id: userId },
    });
  }

  private async recordFailure({ tenantId, id }: User, method: string, code: string): Promise<void> {
    await this.db.systemTx((tx) =>
      this.audit.write(tx, {
        tenantId,
        action: 'user.login_failed',
        resourceType: 'user',
        resourceId: id,
        after: { method, code },
      }),
    );
  }
}

/**
 * Returns the one account that accepts this identity. Both sides must have verified the address: typing a foreign
 * address into a provider, or into an account here, must not give access to the other's account.
 * @throws ProblemError no_account, email_unverified, tenant_required
 */
function choose(candidates: Candidate[], { emailVerified }: ExternalIdentity): Candidate {
  const open = candidates.filter((candidate) => candidate.by !== 'email' || candidate.user.emailVerifiedAt);
  const [candidate, another] = open;
  if (another)
    throw new ProblemError('tenant_required', {
      detail: 'Name the organization to sign in to.',
      members: { tenants: open.map(({ tenant: { slug, name } }) => ({ slug, name })) },
    });
  if (candidate) return candidate;
  // Unless the provider vouches for the address, the refusal is the same for known and unknown addresses.
  if (!emailVerified || candidates.length > 0) throw emailUnverified();
  throw new ProblemError('no_account', { detail: 'Ask an owner or admin of your organization to invite you.' });
}

function emailUnverified(): ProblemError {
  return new ProblemError('email_unverified', {
    detail:
      'Both the provider and your account here must have verified the address. Otherwise sign in and link the provider.',
  });
}

/** @throws ProblemError tenant_suspended, tenant_closed */
async function assertTenantActive(tx: Tx, tenantId: string): Promise<void> {
  const [tenant] = await tx.$queryRaw<Pick<Tenant, 'status'>[]>`
    SELECT status::text AS status FROM tenants WHERE id = ${tenantId}::uuid FOR SHARE`;
  if (tenant?.status === 'suspended') throw new ProblemError('tenant_suspended');
  if (tenant?.status === 'closed') throw new ProblemError('tenant_closed');
}
