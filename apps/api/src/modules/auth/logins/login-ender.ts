import { Injectable } from '@nestjs/common';
import type { Tx } from '@coditect/db/database';
import type { Login, User } from '@coditect/db/generated/prisma/client';
import { Clock } from '#platform/clock';

/** Ends logins. Its refresh tokens and access tokens then stop working at once, because each use checks the login. */
@Injectable()
export class LoginEnder {
  constructor(private readonly clock: Clock) {}

  /**
   * Locks a login against a concurrent refresh, end or other use. Locks the user first, in the same order as disabling
   * a user does.
   * @returns null if the user has no such login
   */
  async lock(tx: Tx, { tenantId, userId, id }: Pick<Login, 'tenantId' | 'userId' | 'id'>): Promise<Login | null> {
    await tx.$executeRaw`SELECT FROM users WHERE tenant_id = ${tenantId}::uuid AND id = ${userId}::uuid FOR SHARE`;
    await tx.$executeRaw`
      SELECT FROM logins WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid AND user_id = ${userId}::uuid
      FOR NO KEY UPDATE`;
    return tx.login.findUnique({ where: { tenantId_id: { tenantId, id }, userId } });
  }

  /** The login must be locked. */
  async end(tx: Tx, { tenantId, id }: Pick<Login, 'tenantId' | 'id'>): Promise<void> {
    const revokedAt = this.clock.now();
    await tx.login.updateMany({ where: { tenantId, id, revokedAt: null }, data: { revokedAt } });
    await tx.refreshToken.updateMany({ where: { tenantId, familyId: id, revokedAt: null }, data: { revokedAt } });
  }

  /**
   * Ends all logins of a user. A transaction that also changes the user's row must change it first.
   * @param exceptId a login that continues
   * @returns how many have ended
   */
  async endAll(tx: Tx, { tenantId, id: userId }: Pick<User, 'tenantId' | 'id'>, exceptId?: string): Promise<number> {
    await tx.$executeRaw`SELECT FROM users WHERE tenant_id = ${tenantId}::uuid AND id = ${userId}::uuid FOR SHARE`;
    const locked = await tx.$queryRaw<{ id: string }[]>`
      SELECT id FROM logins
      WHERE tenant_id = ${tenantId}::uuid AND user_id = ${userId}::uuid AND revoked_at IS NULL AND expires_at > ${this.clock.now()}
      ORDER BY id FOR NO KEY UPDATE`;
    const ids = locked.map(({ id }) => id).filter((id) => id !== exceptId);
    const revokedAt = this.clock.now();
    await tx.login.updateMany({ where: { tenantId, id: { in: ids } }, data: { revokedAt } });
    await tx.refreshToken.updateMany({
      where: { tenantId, familyId: { in: ids }, revokedAt: null },
      data: { revokedAt },
    });
    return ids.length;
  }
}
