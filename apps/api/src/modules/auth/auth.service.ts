import { Injectable } from '@nestjs/common';
import type { LoginRequest, TokenResponse } from '@coditect/contracts/auth';
import type { ProblemCode } from '@coditect/contracts/problem';
import { Database } from '@coditect/db/database';
import { AuditService } from '#modules/audit/audit.service';
import { ProblemError } from '#platform/problems/problem';
import { LoginBackoff } from './proof/login-backoff.js';
import { LoginsService } from './logins/logins.service.js';
import { Passwords } from './passwords/passwords.js';
import { SecondFactor } from './second-factor/second-factor.js';
import { type Account, lockUser } from '#modules/accounts/account-lock';

/** An e-mail that is in more tenants than this must name the tenant, because each check of a password costs a hash. */
const MAX_CANDIDATES = 5;

/** Sign-in with e-mail, password and, if it is on, the second factor. */
@Injectable()
export class AuthService {
  constructor(
    private readonly db: Database,
    private readonly passwords: Passwords,
    private readonly factor: SecondFactor,
    private readonly backoff: LoginBackoff,
    private readonly logins: LoginsService,
    private readonly audit: AuditService,
  ) {}

  /** @throws ProblemError invalid_credentials, two_factor_required, two_factor_invalid, tenant_required, user_disabled,
   *    too_many_attempts */
  async login(request: LoginRequest): Promise<TokenResponse> {
    return this.backoff.attempt(request.email, async () => {
      const user = await this.authenticate(request);
      const { two_factor_code: code } = request;
      const begin = () => this.begin(user, code);
      const guesses = user.totpEnabledAt !== null && code !== undefined;
      const tokens = await (guesses ? this.backoff.attemptCode(user.id, 'sign_in', begin) : begin());
      await this.backoff.succeeded(request.email);
      return tokens;
    });
  }

  /** Returns the account that the password belongs to. The tenant is not known yet, so this searches across tenants. */
  private async authenticate({ email, password, tenant }: LoginRequest): Promise<Account> {
    const candidates = await this.db.system.user.findMany({
      where: { email, status: { not: 'removed' }, tenant: { slug: tenant } },
      include: { tenant: true },
      take: MAX_CANDIDATES + 1,
      orderBy: { createdAt: 'asc' },
    });
    if (candidates.length > MAX_CANDIDATES)
      throw new ProblemError('tenant_required', { detail: 'Name the organization to sign in to.' });
    const matched: Account[] = [];
    for (const candidate of candidates)
      if (await this.passwords.matches(password, candidate.passwordHash)) matched.push(candidate);
    if (candidates.length === 0) await this.passwords.matches(password, null);
    const [user, another] = matched;
    if (!user) {
      await this.recordFailure(candidates, 'invalid_credentials');
      throw new ProblemError('invalid_credentials');
    }
    if (another)
      throw new ProblemError('tenant_required', {
        detail: 'Name the organization to sign in to.',
        members: { tenants: matched.map((account) => ({ slug: account.tenant.slug, name: account.tenant.name })) },
      });
    if (user.status !== 'active') {
      await this.recordFailure([user], 'user_disabled');
      throw new ProblemError('user_disabled');
    }
    return user;
  }

  /** Begins the login only if password and second factor have not changed since they were checked. A change of
   *  either takes the same lock, so none can happen in between. */
  private async begin(user: Account, code: string | undefined): Promise<TokenResponse> {
    try {
      return await this.logins.start(user, 'password', async (tx) => {
        const locked = await lockUser(tx, user);
        if (!locked || locked.passwordHash !== user.passwordHash) throw new ProblemError('invalid_credentials');
        await this.factor.pass(tx, locked, code);
      });
    } catch (error) {
      if (error instanceof ProblemError) await this.recordOutcome(user, error.code);
      throw error;
    }
  }

  private async recordOutcome(user: Account, code: ProblemCode): Promise<void> {
    if (code !== 'two_factor_required') return this.recordFailure([user], code);
    await this.db.systemTx((tx) =>
      this.audit.write(tx, {
        tenantId: user.tenantId,
        action: 'user.login_challenged',
        resourceType: 'user',
        resourceId: user.id,
        after: { method: 'password' },
      }),
    );
  }

  /** For an unknown e-mail, writes a WAL record of the same length and nothing else. The response time must not
   *  reveal which addresses exist. */
  private async recordFailure(candidates: Account[], code: ProblemCode): Promise<void> {
    await this.db.systemTx(async (tx) => {
      if (candidates.length === 0) await tx.$executeRaw`SELECT pg_logical_emit_message(true, 'login_failed', '')`;
      for (const user of candidates)
        await this.audit.write(tx, {
          tenantId: user.tenantId,
          action: 'user.login_failed',
          resourceType: 'user',
          resourceId: user.id,
          after: { method: 'password', code },
        });
    });
  }
}
