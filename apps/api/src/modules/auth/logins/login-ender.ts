import { Injectable } from '@nestjs/common';
import type { Tx } from '@coditect/db/database';
import type { Login, User } from '@coditect/db/generated/prisma/client';
import { Clock } from '#platform/clock';

/**
 * Ends logins. An ended one takes its refresh tokens and access tokens with it at once: both are checked against it at
 * each use.
 */
@Injectable()
export class LoginEnder {
  constructor(private readonly clock: Clock) {}

  /**
   * Waits for whoever is refreshing, ending or beginning something with this login. The user comes first, because
   * disabling a user locks its row before the logins.
   * @returns undefined if the user has no such login
   */
  async lock(tx: Tx, { tenantId, userId, id }: Pick<Login, 'tenantId' | 'userId' | 'id'>): Promise<Login | null> {
    await tx.$executeRaw`SELECT FROM users WHERE tenant_id = ${tenantId}::uuid AND id = ${userId}::uuid FOR SHARE`;
    await tx.$executeRaw`
      SELECT FROM logins WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid AND user_id = ${userId}::uuid
      FOR NO KEY UPDATE`;
    return tx.login.findUnique({ where: { tenantId_id: { tenantId, id }, userId } });
  }

  /** Of a login that is locked. */
  async end(tx: Tx, { tenantId, id }: Pick<Login, 'tenantId' | 'id'>): Promise<void> {
    const revokedAt = this.clock.now();
    await tx.login.updateMany({ where: { tenantId, id, revokedAt: null }, data: { revokedAt } });
    await tx.refreshToken.updateMany({ where: { tenantId, familyId: id, revokedAt: null }, data: { revokedAt } });
  }

  /**
   * Ends all logins of a user. A transaction that also changes the user's row changes it before.
   * @param exceptId a login that goes on
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
