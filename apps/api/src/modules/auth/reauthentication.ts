import { Injectable } from '@nestjs/common';
import type { User } from '@coditect/db/generated/prisma/client';
import { ProblemError } from '../../platform/problem.js';
import { LoginBackoff } from './login-backoff.js';
import { Passwords } from './passwords.js';

/** Asks somebody who is signed in to prove it again before what a stolen access token must not do (OWASP ASVS 7.5.1). */
@Injectable()
export class Reauthentication {
  constructor(
    private readonly passwords: Passwords,
    private readonly backoff: LoginBackoff,
  ) {}

  /** @throws ProblemError invalid_credentials, too_many_attempts */
  async byPassword({ email, passwordHash }: User, password: string | undefined): Promise<void> {
    await this.backoff.attempt(email, async () => {
      if (password === undefined || !(await this.passwords.matches(password, passwordHash)))
        throw new ProblemError('invalid_credentials', { detail: 'The current password is wrong.' });
    });
  }

  /** Work that takes a code of the second factor and throws two_factor_invalid when it is wrong.
   *  @throws ProblemError too_many_attempts */
  async byCode<T>({ id }: User, work: () => Promise<T>): Promise<T> {
    return this.backoff.attemptCode(id, 'settings', work);
  }
}
