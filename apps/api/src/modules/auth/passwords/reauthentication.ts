import { Injectable } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import type { User } from '@coditect/db/generated/prisma/client';
import { Clock } from '#platform/clock';
import { ProblemError } from '#platform/problems/problem';
import { currentRequest } from '#platform/request-context';
import { LoginBackoff } from '../proof/login-backoff.js';
import { Passwords } from './passwords.js';

/** How long a sign-in counts as recent. */
const RECENT_MS = 10 * 60 * 1000;

/** Authenticates a signed-in user again before actions that a stolen access token must not allow (OWASP ASVS 7.5.1). */
@Injectable()
export class Reauthentication {
  constructor(
    private readonly passwords: Passwords,
    private readonly backoff: LoginBackoff,
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  /** @throws ProblemError invalid_credentials, too_many_attempts */
  async byPassword({ email, passwordHash }: User, password: string | undefined): Promise<void> {
    await this.backoff.attempt(email, async () => {
      if (password === undefined || !(await this.passwords.matches(password, passwordHash)))
        throw new ProblemError('invalid_credentials', { detail: 'The current password is wrong.' });
    });
  }

  /** For a user without a password, requires a recent login. A login of a device does not count, because another
   *  login approved it.
   *  @throws ProblemError invalid_credentials, too_many_attempts, recent_login_required */
  async byPasswordOrRecentLogin(user: User, password: string | undefined): Promise<void> {
    if (user.passwordHash) return this.byPassword(user, password);
    const { tenantId, id: userId } = user;
    const { loginId } = currentRequest().actor ?? {};
    const since = new Date(this.clock.now().getTime() - RECENT_MS);
    const recent = { tenantId, userId, method: { not: 'device' }, createdAt: { gt: since } };
    if (!loginId || (await this.db.tenant.login.count({ where: { ...recent, id: loginId } })) === 0)
      throw new ProblemError('recent_login_required');
  }

  /** Runs work that checks a code of the second factor and throws two_factor_invalid if it is wrong.
   *  @throws ProblemError too_many_attempts */
  async byCode<T>({ id }: User, work: () => Promise<T>): Promise<T> {
    return this.backoff.attemptCode(id, 'settings', work);
  }
}
