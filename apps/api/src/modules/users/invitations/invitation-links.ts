import { Injectable } from '@nestjs/common';
import type { TokenResponse } from '@coditect/contracts/auth';
import type { AcceptInvitationRequest } from '@coditect/contracts/invitations';
import { Database, type Tx } from '@coditect/db/database';
import type { Invitation, Tenant } from '@coditect/db/generated/prisma/client';
import { v7 as uuidv7 } from 'uuid';
import { AuditService } from '#modules/audit/audit.service';
import { LoginsService } from '#modules/auth/logins/logins.service';
import { assertAcceptablePassword } from '#modules/auth/passwords/password-rules';
import { Passwords } from '#modules/auth/passwords/passwords';
import { Clock } from '#platform/clock';
import { ProblemError } from '#platform/problems/problem';
import { withTenant } from '#platform/request-context';
import { parseSecretToken } from '#platform/secrets/secret-token';
import { openAt } from './invitation.rules.js';

export type OpenInvitationRow = Invitation & { tenant: Tenant };

/** What the holder of an invitation link can do, before being a user. */
@Injectable()
export class InvitationLinks {
  constructor(
    private readonly db: Database,
    private readonly logins: LoginsService,
    private readonly passwords: Passwords,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /** @throws ProblemError link_invalid, tenant_suspended, tenant_closed */
  async open(token: string): Promise<OpenInvitationRow> {
    const parsed = parseSecretToken('civ_', token);
    if (!parsed) throw linkInvalid();
    const { tenantId, hash } = parsed;
    const where = { tenantId_tokenHash: { tenantId, tokenHash: hash }, ...openAt(this.clock.now()) };
    const invitation = await withTenant(tenantId, { type: 'user' }, () =>
      this.db.tenantTx((tx) => tx.invitation.findUnique({ where, include: { tenant: true } })),
    );
    if (!invitation) throw linkInvalid();
    assertTenantActive(invitation.tenant.status);
    return invitation;
  }

  /**
   * Creates the user and begins its first login. The link proves the e-mail. The invitation already counted as a user
   * of the plan, so the quota is not checked. A later change of its sender does not matter.
   * @throws ProblemError link_invalid, also for all but one of several calls at once; validation_failed for the
   * password, email_taken, tenant_suspended, tenant_closed
   */
  async accept(token: string, { name, password }: AcceptInvitationRequest): Promise<TokenResponse> {
    const invitation = await this.open(token);
    const { tenantId, email, role, tenant } = invitation;
    assertAcceptablePassword(password, { email, tenant });
    const passwordHash = await this.passwords.hash(password);
    const user = { tenantId, id: uuidv7(), role };
    return this.logins.start(user, 'invitation', async (tx) => {
      await this.useUp(tx, invitation);
      const now = this.clock.now();
      const { count } = await tx.user.createMany({
        data: { ...user, email, name, passwordHash, emailVerifiedAt: now, createdAt: now },
        skipDuplicates: true,
      });
      if (count === 0) throw new ProblemError('email_taken', { members: { emails: [email] } });
      await this.audit.write(tx, {
        tenantId,
        action: 'user.created',
        resourceType: 'user',
        resourceId: user.id,
        after: { email, name, role, status: 'active' },
      });
      await this.audit.write(tx, {
        tenantId,
        action: 'invitation.accepted',
        resourceType: 'invitation',
        resourceId: invitation.id,
        before: { accepted_at: null },
        after: { accepted_at: now.toISOString(), user_id: user.id },
      });
    });
  }

  /** Only one of several calls succeeds: the others wait for the row and then find the invitation accepted. */
  private async useUp(tx: Tx, { tenantId, id, tokenHash }: OpenInvitationRow): Promise<void> {
    const [tenant] = await tx.$queryRaw<Pick<Tenant, 'status'>[]>`
      SELECT status::text AS status FROM tenants WHERE id = ${tenantId}::uuid FOR SHARE`;
    assertTenantActive(tenant!.status);
    const now = this.clock.now();
    const { count } = await tx.invitation.updateMany({
      where: { tenantId, id, tokenHash, ...openAt(now) }, // the hash, because it may have been sent again meanwhile
      data: { acceptedAt: now },
    });
    if (count === 0) throw linkInvalid();
  }
}

function assertTenantActive(status: Tenant['status']): void {
  if (status === 'suspended') throw new ProblemError('tenant_suspended');
  if (status === 'closed') throw new ProblemError('tenant_closed');
}

function linkInvalid(): ProblemError {
  return new ProblemError('link_invalid', { detail: 'Ask the person who invited you for a new invitation.' });
}
