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

/** Reading users, and changing what they are called and may do. */
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

  /** @throws ProblemError user_not_found, also for one that the caller may not see */
  async get(id: string): Promise<PresentUser> {
    const user = await this.db.tenant.user.findFirst({ where: { AND: [this.visible(), { id }] } });
    if (!user) throw new ProblemError('user_not_found');
    return this.presence.ofOne(user);
  }

  /** Owners are made and changed by owners, and there is always one left. Nobody can raise itself: who may change roles
   *  is an owner already, or an admin, who makes no owner. An API key makes and changes members and viewers only. A lower
   *  role takes the invitations along that the user could not send with it.
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
      if (before?.status !== 'active') throw new ProblemError('user_disabled'); // since the request was let in
      checkVersion(before.version);
      return this.change(tx, before, wanted);
    });
    return this.presence.ofOne(user);
  }

  /** Writes what differs. What does not differ is no change: no new version, no audit entry. */
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

  /** Without user:read_all one sees oneself; removed users are seen by who may remove users. */
  private visible(): Prisma.UserWhereInput {
    const { actor } = currentRequest();
    return {
      tenantId: currentTenant(),
      ...(mayDo(actor, 'user:read_all') ? {} : { id: currentUserId() }),
      ...(mayDo(actor, 'user:remove') ? {} : { status: { not: 'removed' } }),
    };
  }
}
