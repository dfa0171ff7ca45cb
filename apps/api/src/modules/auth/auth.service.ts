import { Injectable } from '@nestjs/common';
import type { LoginRequest, TokenResponse } from '@coditect/contracts/auth';
import { Database } from '@coditect/db/database';
import type { Tenant, User } from '@coditect/db/generated/prisma/client';
import { AuditService } from '../audit/audit.service.js';
import { ProblemError } from '../../platform/problem.js';
import { currentTenant, currentUserId } from '../../platform/request-context.js';
import { LoginsService } from './logins.service.js';
import { Passwords } from './passwords.js';

export type Account = User & { tenant: Tenant };

/** One e-mail in more tenants than this has to name one: every check of a password costs a hash. */
const MAX_CANDIDATES = 5;

/** Signing in with e-mail and password. */
@Injectable()
export class AuthService {
  constructor(
    private readonly db: Database,
    private readonly passwords: Passwords,
    private readonly logins: LoginsService,
    private readonly audit: AuditService,
  ) {}

  /** @throws ProblemError invalid_credentials, tenant_required, user_disabled */
  async login(request: LoginRequest): Promise<TokenResponse> {
    return this.logins.start(await this.authenticate(request), 'password');
  }

  /** The caller and its tenant.
   *  @throws ProblemError user_not_found */
  async me(): Promise<Account> {
    const tenantId = currentTenant();
    const id = currentUserId();
    const account = await this.db.tenant.user.findUnique({
      where: { tenantId_id: { tenantId, id } },
      include: { tenant: true },
    });
    if (!account) throw new ProblemError('user_not_found');
    return account;
  }

  /** The tenant is not known yet, so this looks across tenants. */
  private async authenticate({ email, password, tenant }: LoginRequest): Promise<Account> {
    const candidates = await this.db.system.user.findMany({
      where: { email, tenant: { slug: tenant } },
      include: { tenant: true },
      take: MAX_CANDIDATES,
      orderBy: { createdAt: 'asc' },
    });
    const matched: Account[] = [];
    for (const candidate of candidates)
      if (await this.passwords.matches(password, candidate.passwordHash)) matched.push(candidate);
    if (candidates.length === 0) await this.passwords.matches(password, null);
    const [user, another] = matched;
    if (!user) {
      await this.recordFailure(candidates);
      throw new ProblemError('invalid_credentials');
    }
    if (another)
      throw new ProblemError('tenant_required', {
        detail: 'Name the organization to sign in to.',
        members: { tenants: matched.map((account) => ({ slug: account.tenant.slug, name: account.tenant.name })) },
      });
    if (user.status !== 'active') throw new ProblemError('user_disabled');
    return user;
  }

  private async recordFailure(candidates: Account[]): Promise<void> {
    await this.db.systemTx(async (tx) => {
      for (const user of candidates)
        await this.audit.write(tx, {
          tenantId: user.tenantId,
          action: 'user.login_failed',
          resourceType: 'user',
          resourceId: user.id,
        });
    });
  }
}
