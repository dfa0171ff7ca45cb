import { Injectable } from '@nestjs/common';
import type { UpdateProfileRequest, UpdateUserRequest, UserQuery } from '@coditect/contracts/users';
import { Database, type Tx } from '@coditect/db/database';
import type { Prisma, User } from '@coditect/db/generated/prisma/client';
import { AuditService } from '#modules/audit/audit.service';
import { lockUser } from '#modules/accounts/account-lock';
import { mayDo } from '#platform/access/permissions';
import { orderBy } from '#platform/lists/paging';
import { checkVersion } from '#platform/versions/preconditions';
import { ProblemError } from '#platform/problems/problem';
import { currentRequest, currentTenant, currentUserId } from '#platform/request-context';
import { containsText } from '#platform/lists/search';
import { InvitationsService } from './invitations/invitations.service.js';
import { assertAnotherOwner, assertMayHandle, findChangeable, lockManagers } from '#modules/accounts/managers';
import { type PresentUser, UserPresence } from './user-presence.js';

/** Reads users, and changes their name and role. */
@Injectable()
export class UsersService {
  constructor(
    private readonly db: Database,
    private readonly presence: UserPresence,
    private readonly invitations: InvitationsService,
    private readonly audit: AuditService,
  ) {}

  async list(query: UserQuery): Promise<{ count: number; rows: PresentUser[] }> {
    const { search, role, status } = query;
    const where: Prisma.UserWhereInput = {
      AND: [
        this.visible(),
        { role, status: status ?? { not: 'removed' } },
        search ? { OR: [{ name: containsText(search) }, { email: containsText(search) }] } : {},
      ],
    };
    const [count, users] = await Promise.all([
      this.db.tenant.user.count({ where }),
      this.db.tenant.user.findMany({
        where,
        orderBy: orderBy(query.ordering, ['lastLoginAt']),
        take: query.limit,
        skip: query.offset,
      }),
    ]);
    return { count, rows: await this.presence.of(users) };
  }

  /** @throws ProblemError user_not_found, also for a user that the caller may not see */
  async get(id: string): Promise<PresentUser> {
    const user = await this.db.tenant.user.findFirst({ where: { AND: [this.visible(), { id }] } });
    if (!user) throw new ProblemError('user_not_found');
    return this.presence.ofOne(user);
  }

  /** Changes name and role. Only owners make and change owners, and one active owner always stays. No caller can
   *  raise its own role: only owners and admins may change roles, and admins make no owners. API keys make and
   *  change members and viewers only. With a lower role, the user's open invitations that it could no longer send
   *  are revoked.
   *  @throws ProblemError user_not_found, precondition_failed, last_owner, forbidden */
  async update(id: string, wanted: UpdateUserRequest): Promise<PresentUser> {
    const tenantId = currentTenant();
    const user = await this.db.tenantTx(async (tx) => {
      const actor = await lockManagers(tx, tenantId, id, 'user:update');
      const before = await findChangeable(tx, tenantId, id, actor);
      checkVersion(before.version);
      if (wanted.role !== undefined) assertMayHandle(wanted.role, actor);
      if (wanted.role !== undefined && wanted.role !== 'owner') await assertAnotherOwner(tx, before);
      const after = await this.change(tx, before, wanted);
      if (after.role !== before.role) await this.invitations.revokeBeyond(tx, after, after.role);
      return after;
    });
    return this.presence.ofOne(user);
  }

  /** @throws ProblemError precondition_failed */
  async updateProfile(wanted: UpdateProfileRequest): Promise<PresentUser> {
    const tenantId = currentTenant();
    const id = currentUserId();
    const user = await this.db.tenantTx(async (tx) => {
      const before = await lockUser(tx, { tenantId, id });
      if (before?.status !== 'active') throw new ProblemError('user_disabled'); // changed since the request was let in
      checkVersion(before.version);
      return this.change(tx, before, wanted);
    });
    return this.presence.ofOne(user);
  }

  /** Writes only changed fields. If no field has changed, it creates no new version and no audit entry. */
  private async change(tx: Tx, before: User, wanted: UpdateUserRequest): Promise<User> {
    const { tenantId, id } = before;
    const fields = (['name', 'role'] as const).filter(
      (field) => wanted[field] !== undefined && wanted[field] !== before[field],
    );
    if (fields.length === 0) return before;
    const pick = (from: UpdateUserRequest) => Object.fromEntries(fields.map((field) => [field, from[field]]));
    const after = await tx.user.update({
      where: { tenantId_id: { tenantId, id } },
      data: { ...pick(wanted), version: { increment: 1 } },
    });
    await this.audit.write(tx, {
      tenantId,
      action: fields.includes('role') ? 'user.role_changed' : 'user.updated',
      resourceType: 'user',
      resourceId: id,
      before: pick(before),
      after: pick(after),
    });
    return after;
  }

  /** Without user:read_all the caller sees only itself. Only callers who may remove users see removed ones. */
  private visible(): Prisma.UserWhereInput {
    const { actor } = currentRequest();
    return {
      tenantId: currentTenant(),
      ...(mayDo(actor, 'user:read_all') ? {} : { id: currentUserId() }),
      ...(mayDo(actor, 'user:remove') ? {} : { status: { not: 'removed' } }),
    };
  }
}
