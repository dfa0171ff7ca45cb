import { setTimeout } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { ForgotPasswordRequest, ResetPasswordRequest } from '@coditect/contracts/passwords';
import { Database, type Tx } from '@coditect/db/database';
import { AuditService } from '#modules/audit/audit.service';
import { Clock } from '#platform/clock';
import { withTenant } from '#platform/request-context';
import { LoginBackoff } from '../proof/login-backoff.js';
import { OneTimeLinks } from '../proof/one-time-links.js';
import { assertAcceptablePassword } from './password-rules.js';
import { PasswordSetter } from './password-setter.js';
import { Passwords } from './passwords.js';
import type { Account } from '#modules/accounts/account-lock';

/** Every response takes this long, in ms: longer than writing a few mails takes. */
const ANSWER_MS = 250;

/** Sets the password of a user who reads the mail of the account. */
@Injectable()
export class PasswordReset {
  constructor(
    private readonly db: Database,
    private readonly links: OneTimeLinks,
    private readonly passwords: Passwords,
    private readonly passwordSetter: PasswordSetter,
    private readonly backoff: LoginBackoff,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /** Mails a link to every active user with this e-mail. Neither response nor response time tells whether there is
   *  one. */
  async request(request: ForgotPasswordRequest): Promise<void> {
    await Promise.all([this.sendLinks(request), setTimeout(ANSWER_MS)]);
  }

  /** Sets a password by the link and ends all logins of the user. Revokes its API keys, because an intruder may have
   *  made some.
   *  @throws ProblemError link_invalid; validation_failed, after which the link is still valid */
  async reset({ token, password }: ResetPasswordRequest): Promise<void> {
    const link = this.links.parse(token, 'password_reset');
    await withTenant(link.tenantId, { type: 'user' }, async () => {
      assertAcceptablePassword(password, await this.links.holder(this.db.tenant, link, 'password_reset'));
      const passwordHash = await this.passwords.hash(password);
      const user = await this.db.tenantTx(async (tx) => {
        const account = await this.links.redeem(tx, link, 'password_reset');
        const apiKeysRevoked = await this.revokeApiKeys(tx, account);
        const how = { emailProved: true, apiKeysRevoked };
        await this.passwordSetter.set(tx, account, passwordHash, 'user.password_reset', how);
        return account;
      });
      await this.backoff.unlock(user);
    });
  }

  /** The user must be locked, because keys are made under the same lock. Returns how many were revoked. */
  private async revokeApiKeys(tx: Tx, { tenantId, id: userId }: Account): Promise<number> {
    const now = this.clock.now();
    const revoked = await tx.apiKey.updateManyAndReturn({
      where: { tenantId, userId, revokedAt: null, OR: [{ expiresAt: null }, { expiresAt: { gt: now } }] },
      data: { revokedAt: now },
      select: { id: true },
    });
    for (const { id } of revoked)
      await this.audit.write(tx, {
        tenantId,
        action: 'api_key.revoked',
        resourceType: 'api_key',
        resourceId: id,
        actorId: userId,
        before: { status: 'active' },
        after: { status: 'revoked' },
      });
    return revoked.length;
  }

  /** The tenant is not known, so this searches across tenants. */
  private async sendLinks({ email, tenant }: ForgotPasswordRequest): Promise<void> {
    const accounts = await this.db.system.user.findMany({
      where: { email, status: 'active', tenant: { slug: tenant } },
      include: { tenant: true },
    });
    for (const account of accounts)
      await withTenant(account.tenantId, { type: 'system' }, () =>
        this.db.tenantTx((tx) => this.sendLink(tx, account)),
      );
  }

  private async sendLink(tx: Tx, account: Account): Promise<void> {
    if (!(await this.links.send(tx, account, 'password_reset'))) return;
    const { tenantId, id } = account;
    await this.audit.write(tx, {
      tenantId,
      action: 'user.password_reset_requested',
      resourceType: 'user',
      resourceId: id,
    });
  }
}
