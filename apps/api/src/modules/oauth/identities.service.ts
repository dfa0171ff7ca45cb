import { Injectable } from '@nestjs/common';
import type { IdentityQuery } from '@coditect/contracts/oauth';
import { Database, type Tx } from '@coditect/db/database';
import type { Identity } from '@coditect/db/generated/prisma/client';
import { AuditService } from '#modules/audit/audit.service';
import { MailService } from '#modules/mail/mail.service';
import { Clock } from '#platform/clock';
import { orderBy } from '#platform/lists/paging';
import { ProblemError } from '#platform/problems/problem';
import { currentRequest, currentTenant, currentUserId, withTenant } from '#platform/request-context';
import { lockUser } from '#modules/accounts/account-lock';
import { OAuthProviders } from './providers/oauth-providers.js';
import type { ExternalIdentity } from './providers/sign-in-provider.js';

/** The user that gets the identity, and its login, which must still be active when the browser comes back. */
export interface LinkOwner {
  tenantId: string;
  userId: string;
  loginId: string;
}

/** The accounts at providers with which users sign in. */
@Injectable()
export class IdentitiesService {
  constructor(
    private readonly db: Database,
    private readonly providers: OAuthProviders,
    private readonly audit: AuditService,
    private readonly mail: MailService,
    private readonly clock: Clock,
  ) {}

  /** Lists the caller's own identities. */
  async list(query: IdentityQuery): Promise<{ count: number; rows: Identity[] }> {
    const where = { tenantId: currentTenant(), userId: currentUserId(), provider: query.provider };
    const [count, rows] = await Promise.all([
      this.db.tenant.identity.count({ where }),
      this.db.tenant.identity.findMany({
        where,
        orderBy: orderBy(query.ordering),
        take: query.limit,
        skip: query.offset,
      }),
    ]);
    return { count, rows };
  }

  /** Returns the caller as the owner of a new identity, with the slug of its tenant.
   *  @throws ProblemError forbidden if the caller has no login */
  async caller(): Promise<LinkOwner & { slug: string }> {
    const [tenantId, userId] = [currentTenant(), currentUserId()];
    const loginId = currentRequest().actor?.loginId;
    if (!loginId)
      throw new ProblemError('forbidden', { detail: 'Only a person who has signed in can link an identity.' });
    const { slug } = await this.db.tenant.tenant.findUniqueOrThrow({ where: { id: tenantId }, select: { slug: true } });
    return { tenantId, userId, loginId, slug };
  }

  /**
   * Links a provider's identity to the user who asked for it.
   * @throws ProblemError invalid_token if the login has ended since, identity_taken
   */
  async link({ tenantId, userId, loginId }: LinkOwner, identity: ExternalIdentity): Promise<void> {
    await withTenant(tenantId, { type: 'user', id: userId, userId, loginId }, () =>
      this.db.tenantTx(async (tx) => {
        await lockUser(tx, { tenantId, id: userId });
        const active = await tx.login.count({
          where: {
            tenantId,
            id: loginId,
            userId,
            revokedAt: null,
            expiresAt: { gt: this.clock.now() },
            user: { status: 'active' },
          },
        });
        if (active === 0) throw new ProblemError('invalid_token', { detail: 'This login has ended; sign in again.' });
        await this.attach(tx, { tenantId, userId }, identity);
      }),
    );
  }

  /**
   * Links an identity to a user within the caller's transaction, and reports it by mail. Does nothing if it is already
   * linked.
   * @throws ProblemError identity_taken if another user of the tenant has it
   */
  async attach(
    tx: Tx,
    { tenantId, userId }: { tenantId: string; userId: string },
    { provider, subject, email }: ExternalIdentity,
  ): Promise<void> {
    const [linked] = await tx.identity.createManyAndReturn({
      data: [{ tenantId, userId, provider, subject, email, createdAt: this.clock.now() }],
      skipDuplicates: true,
    });
    if (!linked) {
      const own = await tx.identity.count({ where: { tenantId, userId, provider, subject } });
      if (own === 0) throw new ProblemError('identity_taken');
      return;
    }
    await this.audit.write(tx, {
      tenantId,
      action: 'identity.linked',
      resourceType: 'identity',
      resourceId: linked.id,
      after: { user_id: userId, provider, email: email ?? null },
    });
    const user = await tx.user.findUniqueOrThrow({
      where: { tenantId_id: { tenantId, id: userId } },
      include: { tenant: true },
    });
    await this.mail.send(tx, tenantId, {
      to: user.email,
      template: 'identity_linked',
      data: {
        tenant: user.tenant.name,
        provider: this.providers.nameOf(provider),
        at: linked.createdAt.toISOString(),
      },
    });
  }

  /** @throws ProblemError identity_not_found, last_sign_in_method */
  async unlink(id: string): Promise<void> {
    const [tenantId, userId] = [currentTenant(), currentUserId()];
    await this.db.tenantTx(async (tx) => {
      await lockUser(tx, { tenantId, id: userId }); // so that one of two concurrent calls sees the result of the other
      const identity = await tx.identity.findFirst({ where: { tenantId, id, userId }, include: { user: true } });
      if (!identity) throw new ProblemError('identity_not_found');
      if (identity.user.passwordHash === null) await this.requireAnother(tx, identity);
      await tx.identity.delete({ where: { tenantId_id: { tenantId, id } } });
      await this.audit.write(tx, {
        tenantId,
        action: 'identity.unlinked',
        resourceType: 'identity',
        resourceId: id,
        before: { user_id: userId, provider: identity.provider, email: identity.email },
      });
    });
  }

  /** An identity at a provider that is no longer configured does not count. */
  private async requireAnother(tx: Tx, { tenantId, userId, id }: Identity): Promise<void> {
    const { slug } = await tx.tenant.findUniqueOrThrow({ where: { id: tenantId }, select: { slug: true } });
    const usable = this.providers.of({ id: tenantId, slug }).map((provider) => provider.id);
    const others = await tx.identity.count({ where: { tenantId, userId, id: { not: id }, provider: { in: usable } } });
    if (others === 0)
      throw new ProblemError('last_sign_in_method', { detail: 'Set a password or link another identity first.' });
  }
}
