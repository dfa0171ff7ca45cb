import { Injectable } from '@nestjs/common';
import type { InvitationQuery, Invitee } from '@coditect/contracts/invitations';
import type { UserRole } from '@coditect/contracts/common';
import { Database, type Tx } from '@coditect/db/database';
import type { Invitation, Prisma, User } from '@coditect/db/generated/prisma/client';
import { v7 as uuidv7 } from 'uuid';
import { Config } from '#config/config';
import { AuditService } from '#modules/audit/audit.service';
import type { HeldAddress } from '#modules/audit/erasure/personal-data';
import { MailService } from '#modules/mail/mail.service';
import { assertRoomFor, lockQuota } from '#modules/tenants/quotas/quotas';
import { Clock } from '#platform/clock';
import { orderBy } from '#platform/lists/paging';
import { ProblemError } from '#platform/problems/problem';
import { currentTenant, currentUserId } from '#platform/request-context';
import { containsText } from '#platform/lists/search';
import { newSecretToken } from '#platform/secrets/secret-token';
import { assertNotFlooding } from './invitation-limits.js';
import { havingStatus, INVITATION_LIFE_MS, invitationStatus, openAt } from './invitation.rules.js';
import { assertMayHandle, holdCaller, type Manager } from '#modules/accounts/managers';

export type InvitationRow = Invitation & { inviter: { id: string; email: string; name: string } };

type UserKey = Pick<User, 'tenantId' | 'id'>;

const include = { inviter: { select: { id: true, email: true, name: true } } } as const;

/** Invitations: a manager invites an e-mail address, and the reader of its mail accepts. */
@Injectable()
export class InvitationsService {
  constructor(
    private readonly db: Database,
    private readonly mail: MailService,
    private readonly audit: AuditService,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  async list(query: InvitationQuery): Promise<{ count: number; rows: InvitationRow[] }> {
    const where: Prisma.InvitationWhereInput = {
      tenantId: currentTenant(),
      role: query.role,
      ...(query.search && { email: containsText(query.search) }),
      ...(query.status && havingStatus(query.status, this.clock.now())),
    };
    const [count, rows] = await Promise.all([
      this.db.tenant.invitation.count({ where }),
      this.db.tenant.invitation.findMany({
        where,
        include,
        orderBy: orderBy(query.ordering),
        take: query.limit,
        skip: query.offset,
      }),
    ]);
    return { count, rows };
  }

  /**
   * Invites all of them or none. A repeated invitation sends a new link, and the old one becomes invalid. An open
   * invitation counts as a user.
   * @throws ProblemError email_taken, quota_exceeded, rate_limited, forbidden for an admin who invites an owner, and
   * for an API key that invites an owner or admin
   */
  async invite(invitees: readonly Invitee[]): Promise<InvitationRow[]> {
    const tenantId = currentTenant();
    return this.db.tenantTx(async (tx) => {
      await lockQuota(tx, tenantId, 'max_users'); // first, so that concurrent calls wait here and not at each row
      const caller = await holdCaller(tx, tenantId, 'user:invite');
      for (const { role } of invitees) assertMayHandle(role, caller);
      await this.revokeAll(tx, tenantId, invitees, caller);
      await this.assertFree(tx, tenantId, invitees);
      const now = this.clock.now();
      await assertNotFlooding(tx, tenantId, invitees, now);
      await assertRoomFor(tx, tenantId, 'max_users', { now, adding: invitees.length });
      const rows: InvitationRow[] = [];
      for (const { email, role } of invitees) {
        const { token, hash } = newSecretToken('civ_', tenantId);
        const invitation = await tx.invitation.create({
          data: {
            tenantId,
            id: uuidv7(),
            email,
            role,
            tokenHash: hash,
            invitedBy: currentUserId(),
            createdAt: now,
            expiresAt: new Date(now.getTime() + INVITATION_LIFE_MS),
          },
          include,
        });
        await this.sendLink(tx, invitation, token);
        await this.record(tx, 'created', invitation, {
          after: { email, role, expires_at: invitation.expiresAt.toISOString() },
        });
        rows.push(invitation);
      }
      return rows;
    });
  }

  /**
   * Sends a new link with a whole lifetime, also for an expired invitation. The old link becomes invalid.
   * @throws ProblemError invitation_not_found, invitation_not_open, rate_limited, quota_exceeded, email_taken,
   * forbidden for an admin who sends an owner's, and for an API key that sends an owner's or admin's
   */
  async resend(id: string): Promise<InvitationRow> {
    const tenantId = currentTenant();
    return this.db.tenantTx(async (tx) => {
      await lockQuota(tx, tenantId, 'max_users');
      const before = await this.lock(tx, tenantId, id);
      const now = this.clock.now();
      const status = invitationStatus(before, now);
      if (status === 'accepted' || status === 'revoked') throw new ProblemError('invitation_not_open');
      await this.assertFree(tx, tenantId, [before]);
      await assertNotFlooding(tx, tenantId, [before], now);
      if (status === 'expired') await assertRoomFor(tx, tenantId, 'max_users', { now, adding: 1 });
      const { token, hash } = newSecretToken('civ_', tenantId);
      const after = await tx.invitation.update({
        where: { tenantId_id: { tenantId, id } },
        data: { tokenHash: hash, expiresAt: new Date(now.getTime() + INVITATION_LIFE_MS) },
        include,
      });
      await this.sendLink(tx, after, token);
      await this.record(tx, 'resent', after, {
        before: { expires_at: before.expiresAt.toISOString() },
        after: { expires_at: after.expiresAt.toISOString() },
      });
      return after;
    });
  }

  /** Does nothing if it is already revoked.
   *  @throws ProblemError invitation_not_found, invitation_not_open once it was accepted, forbidden for an admin who
   *  revokes an owner's, and for an API key that revokes an owner's or admin's */
  async revoke(id: string): Promise<void> {
    const tenantId = currentTenant();
    await this.db.tenantTx(async (tx) => {
      const invitation = await this.lock(tx, tenantId, id);
      if (invitation.acceptedAt) throw new ProblemError('invitation_not_open');
      if (!invitation.revokedAt) await this.revokeWithin(tx, invitation);
    });
  }

  /**
   * Revokes the open invitations of owners and admins that a user has sent and could no longer send. A user who lost
   * the right must not return, or bring accomplices, by an invitation sent before. Its other invitations belong to the
   * organization and stay.
   * @param role the role that the user keeps; undefined when it is removed or disabled
   */
  async revokeBeyond(tx: Tx, { tenantId, id: invitedBy }: UserKey, role: UserRole | undefined): Promise<void> {
    const roles = (['owner', 'admin'] as const).filter((invited) => role !== 'owner' && role !== invited);
    await tx.$executeRaw`
      SELECT FROM invitations
      WHERE tenant_id = ${tenantId}::uuid AND invited_by = ${invitedBy}::uuid AND role::text = ANY (${roles})
        AND accepted_at IS NULL AND revoked_at IS NULL
      ORDER BY id FOR NO KEY UPDATE`;
    const open = await tx.invitation.findMany({
      where: { tenantId, invitedBy, role: { in: roles }, ...openAt(this.clock.now()) },
      orderBy: { id: 'asc' },
    });
    for (const invitation of open) await this.revokeWithin(tx, invitation);
  }

  /** Deletes ended invitations of a person, for the time when each address was that person's. */
  async forgetEndedFor(tx: Tx, tenantId: string, addresses: readonly HeldAddress[]): Promise<void> {
    for (const { email, since, until } of addresses) {
      const held = { lte: until, ...(since && { gt: since }) };
      await tx.invitation.deleteMany({
        where: {
          tenantId,
          email,
          createdAt: held,
          NOT: openAt(this.clock.now()),
          OR: [{ acceptedAt: null }, { acceptedAt: held }],
        },
      });
    }
  }

  private async lock(tx: Tx, tenantId: string, id: string): Promise<InvitationRow> {
    const caller = await holdCaller(tx, tenantId, 'user:invite');
    await tx.$executeRaw`
      SELECT FROM invitations WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid FOR NO KEY UPDATE`;
    const invitation = await tx.invitation.findUnique({ where: { tenantId_id: { tenantId, id } }, include });
    if (!invitation) throw new ProblemError('invitation_not_found');
    assertMayHandle(invitation.role, caller);
    return invitation;
  }

  /** Keeps one open or renewable invitation per e-mail. Waits for a call that is accepting one now. */
  private async revokeAll(tx: Tx, tenantId: string, invitees: readonly Invitee[], caller: Manager): Promise<void> {
    const emails = invitees.map(({ email }) => email);
    await tx.$executeRaw`
      SELECT FROM invitations
      WHERE tenant_id = ${tenantId}::uuid AND email = ANY (${emails}) AND accepted_at IS NULL AND revoked_at IS NULL
      ORDER BY id FOR NO KEY UPDATE`;
    const open = await tx.invitation.findMany({
      where: { tenantId, email: { in: emails }, acceptedAt: null, revokedAt: null },
    });
    for (const { role } of open) assertMayHandle(role, caller);
    for (const invitation of open) await this.revokeWithin(tx, invitation);
  }

  private async revokeWithin(tx: Tx, invitation: Invitation): Promise<void> {
    const { tenantId, id } = invitation;
    const revokedAt = this.clock.now();
    await tx.invitation.update({ where: { tenantId_id: { tenantId, id } }, data: { revokedAt } });
    await this.record(tx, 'revoked', invitation, {
      before: { revoked_at: null, email: invitation.email },
      after: { revoked_at: revokedAt.toISOString() },
    });
  }

  /** @throws ProblemError email_taken, with all taken addresses */
  private async assertFree(tx: Tx, tenantId: string, invitees: readonly Pick<Invitee, 'email'>[]): Promise<void> {
    const taken = await tx.user.findMany({
      where: { tenantId, email: { in: invitees.map(({ email }) => email) } },
      select: { email: true },
      orderBy: { email: 'asc' },
    });
    if (taken.length === 0) return;
    const emails = taken.map(({ email }) => email);
    throw new ProblemError('email_taken', {
      detail: `Already users of the organization: ${emails.join(', ')}.`,
      members: { emails },
    });
  }

  private async sendLink(tx: Tx, { tenantId, email, role, expiresAt }: Invitation, token: string): Promise<void> {
    const { tenant, name } = await tx.user.findUniqueOrThrow({
      where: { tenantId_id: { tenantId, id: currentUserId() } },
      include: { tenant: true },
    });
    await this.mail.send(tx, tenantId, {
      to: email,
      template: 'invitation',
      data: {
        tenant: tenant.name,
        inviter: name,
        role,
        // In the fragment: browsers do not send it to servers, so no log contains it.
        url: `${this.config.dashboardUrl}/accept-invitation#token=${token}`,
        expires_at: expiresAt.toISOString(),
      },
    });
  }

  private async record(
    tx: Tx,
    verb: 'created' | 'resent' | 'revoked',
    { tenantId, id }: Invitation,
    diff: { before?: Prisma.InputJsonObject; after: Prisma.InputJsonObject },
  ): Promise<void> {
    await this.audit.write(tx, {
      tenantId,
      action: `invitation.${verb}`,
      resourceType: 'invitation',
      resourceId: id,
      ...diff,
    });
  }
}
