import { Injectable } from '@nestjs/common';
import type { ChangePasswordRequest } from '@coditect/contracts/passwords';
import { Database } from '@coditect/db/database';
import { ProblemError } from '#platform/problems/problem';
import { currentRequest } from '#platform/request-context';
import { OwnAccount } from '#modules/accounts/own-account';
import { assertAcceptablePassword } from './password-rules.js';
import { PasswordSetter } from './password-setter.js';
import { Passwords } from './passwords.js';
import { Reauthentication } from './reauthentication.js';
import { lockUser } from '#modules/accounts/account-lock';

/** Changes the password of a user who knows the current one. */
@Injectable()
export class PasswordChange {
  constructor(
    private readonly db: Database,
    private readonly own: OwnAccount,
    private readonly passwords: Passwords,
    private readonly reauthentication: Reauthentication,
    private readonly passwordSetter: PasswordSetter,
  ) {}

  /** Ends all other logins of the user.
   *  @throws ProblemError invalid_credentials, too_many_attempts, validation_failed */
  async change(request: ChangePasswordRequest): Promise<void> {
    const account = await this.own.get();
    await this.reauthentication.byPassword(account, request.current_password);
    assertAcceptablePassword(request.new_password, account, 'new_password');
    const passwordHash = await this.passwords.hash(request.new_password);
    await this.db.tenantTx(async (tx) => {
      const user = await lockUser(tx, account);
      if (user?.passwordHash !== account.passwordHash) throw new ProblemError('invalid_credentials'); // changed meanwhile
      const keptLogin = currentRequest().actor?.loginId;
      await this.passwordSetter.set(tx, user, passwordHash, 'user.password_changed', { keptLogin });
    });
  }
}
