import { Injectable } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import { ProblemError } from '#platform/problems/problem';
import { currentTenant, currentUserId } from '#platform/request-context';
import type { Account } from './account-lock.js';

/** The account of the signed-in user. */
@Injectable()
export class OwnAccount {
  constructor(private readonly db: Database) {}

  /** Returns the caller with its tenant, without a lock.
   *  @throws ProblemError user_not_found */
  async get(): Promise<Account> {
    const tenantId = currentTenant();
    const id = currentUserId();
    const account = await this.db.tenant.user.findUnique({
      where: { tenantId_id: { tenantId, id } },
      include: { tenant: true },
    });
    if (!account) throw new ProblemError('user_not_found');
    return account;
  }
}
