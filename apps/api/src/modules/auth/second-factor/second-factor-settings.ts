import { Injectable } from '@nestjs/common';
import type { SecondFactorStatus, SetUpTotpRequest, TotpSetup } from '@coditect/contracts/second-factor';
import { Database, type Tx } from '@coditect/db/database';
import { AuditService } from '#modules/audit/audit.service';
import { ProblemError } from '#platform/problems/problem';
import { OwnAccount } from '#modules/accounts/own-account';
import { Reauthentication } from '../passwords/reauthentication.js';
import { SecondFactorChanges } from './second-factor-changes.js';
import { SecondFactor } from './second-factor.js';
import { type Account, lockUser } from '#modules/accounts/account-lock';

/** The settings of users for their own second factor. */
@Injectable()
export class SecondFactorSettings {
  constructor(
    private readonly db: Database,
    private readonly own: OwnAccount,
    private readonly factor: SecondFactor,
    private readonly reauthentication: Reauthentication,
    private readonly changes: SecondFactorChanges,
    private readonly audit: AuditService,
  ) {}

  async status(): Promise<SecondFactorStatus> {
    const { tenantId, id, totpEnabledAt } = await this.own.get();
    const left = await this.db.tenant.recoveryCode.count({ where: { tenantId, userId: id, usedAt: null } });
    return { enabled: totpEnabledAt !== null, recovery_codes_left: left };
  }

  /** Makes a secret. It has no effect until a code of it has been confirmed. A repeated call replaces the secret.
   *  @throws ProblemError two_factor_enabled, invalid_credentials, too_many_attempts */
  async setUp(request: SetUpTotpRequest): Promise<TotpSetup> {
    const account = await this.own.get();
    if (account.totpEnabledAt) throw new ProblemError('two_factor_enabled');
    if (account.passwordHash) await this.reauthentication.byPassword(account, request.current_password);
    const { sealed, secret, url } = this.factor.newSecret(account);
    const { tenantId, id } = account;
    await this.db.tenantTx(async (tx) => {
      const { count } = await tx.user.updateMany({
        where: { tenantId, id, totpEnabledAt: null },
        data: { totpSecret: sealed, totpLastStep: null },
      });
      if (count === 0) throw new ProblemError('two_factor_enabled'); // enabled meanwhile
      await this.audit.write(tx, {
        tenantId,
        action: 'user.two_factor_set_up',
        resourceType: 'user',
        resourceId: id,
      });
    });
    return { secret, otpauth_url: url };
  }

  /** Turns the second factor on with the first code.
   *  @returns the recovery codes, shown only once
   *  @throws ProblemError two_factor_enabled, two_factor_not_enabled if none was set up, two_factor_invalid,
   *  too_many_attempts */
  async confirm(code: string): Promise<string[]> {
    return this.withCode(async (tx, user) => {
      if (user.totpEnabledAt) throw new ProblemError('two_factor_enabled');
      if (!user.totpSecret)
        throw new ProblemError('two_factor_not_enabled', { detail: 'Set up the second factor first.' });
      const totpLastStep = this.factor.stepOf(user, code);
      const codes = await this.factor.replaceRecoveryCodes(tx, user);
      await this.changes.write(tx, user, 'user.two_factor_enabled', (now) => ({ totpEnabledAt: now, totpLastStep }));
      return codes;
    });
  }

  /** @returns new recovery codes, shown only once
   *  @throws ProblemError two_factor_not_enabled, two_factor_invalid, too_many_attempts */
  async renewRecoveryCodes(code: string): Promise<string[]> {
    return this.withCode(async (tx, user) => {
      await this.useCode(tx, user, code);
      await this.changes.write(tx, user, 'user.recovery_codes_renewed', () => ({}));
      return this.factor.replaceRecoveryCodes(tx, user);
    });
  }

  /** @throws ProblemError two_factor_not_enabled, two_factor_invalid, too_many_attempts */
  async disable(code: string): Promise<void> {
    await this.withCode(async (tx, user) => {
      await this.useCode(tx, user, code);
      await tx.recoveryCode.deleteMany({ where: { tenantId: user.tenantId, userId: user.id } });
      const none = { totpSecret: null, totpEnabledAt: null, totpLastStep: null };
      await this.changes.write(tx, user, 'user.two_factor_disabled', () => none);
    });
  }

  private async useCode(tx: Tx, user: Account, code: string): Promise<void> {
    if (!user.totpEnabledAt) throw new ProblemError('two_factor_not_enabled');
    await this.factor.use(tx, user, code);
  }

  private async withCode<T>(work: (tx: Tx, user: Account) => Promise<T>): Promise<T> {
    const account = await this.own.get();
    return this.reauthentication.byCode(account, () =>
      this.db.tenantTx(async (tx) => {
        const user = await lockUser(tx, account);
        if (!user) throw new ProblemError('user_not_found');
        return work(tx, user);
      }),
    );
  }
}
