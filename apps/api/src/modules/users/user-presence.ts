import { Injectable } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import type { User } from '@coditect/db/generated/prisma/client';
import { Clock } from '#platform/clock';
import { currentTenant } from '#platform/request-context';
import { holdsSeat } from '#modules/seats-in-use/seats-in-use';

export type PresentUser = User & { seatsHeld: number; lastSeenAt: Date | null };

/** The present state of users: how many seats they hold, and when they were last seen. */
@Injectable()
export class UserPresence {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  /** Takes two queries for any number of users. */
  async of(users: User[]): Promise<PresentUser[]> {
    const tenantId = currentTenant();
    const userId = { in: users.map(({ id }) => id) };
    const [held, seen] = await Promise.all([
      this.db.tenant.licenseSession.groupBy({
        by: ['userId'],
        where: { tenantId, userId, ...holdsSeat(this.clock.now()) },
        _count: true,
      }),
      this.db.tenant.login.groupBy({ by: ['userId'], where: { tenantId, userId }, _max: { lastUsedAt: true } }),
    ]);
    const seatsHeld = new Map(held.map((row) => [row.userId, row._count]));
    const lastSeenAt = new Map(seen.map((row) => [row.userId, row._max.lastUsedAt]));
    return users.map((user) => ({
      ...user,
      seatsHeld: seatsHeld.get(user.id) ?? 0,
      // Old logins are deleted. Then the time of the last sign-in is the best value.
      lastSeenAt: lastSeenAt.get(user.id) ?? user.lastLoginAt,
    }));
  }

  async ofOne(user: User): Promise<PresentUser> {
    const [present] = await this.of([user]);
    return present!;
  }
}
