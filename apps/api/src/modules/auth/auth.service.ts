import { Injectable } from '@nestjs/common';
import type { LoginRequest, TokenResponse } from '@coditect/contracts/auth';
import { Database, type Tx } from '@coditect/db/database';
import type { Tenant, User } from '@coditect/db/generated/prisma/client';
import { v7 as uuidv7 } from 'uuid';
import { AuditService } from '../audit/audit.service.js';
import { Config } from '../../config/config.js';
import { AccessTokens } from '../../platform/access-tokens.js';
import { Clock } from '../../platform/clock.js';
import { ProblemError } from '../../platform/problem.js';
import { currentRequest, currentTenant, withTenant } from '../../platform/request-context.js';
import { Passwords } from './passwords.js';
import { newRefreshToken, type ParsedRefreshToken, parseRefreshToken } from './refresh-token.js';

export type Account = User & { tenant: Tenant };
type FamilyMember = Pick<User, 'tenantId' | 'id' | 'role'>;

const DAY_MS = 24 * 60 * 60 * 1000;
/** One e-mail in more tenants than this has to name one: every check of a password costs a hash. */
const MAX_CANDIDATES = 5;

@Injectable()
export class AuthService {
  constructor(
    private readonly db: Database,
    private readonly passwords: Passwords,
    private readonly accessTokens: AccessTokens,
    private readonly audit: AuditService,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /** @throws ProblemError invalid_credentials, tenant_required, user_disabled */
  async login(request: LoginRequest): Promise<TokenResponse> {
    const user = await this.authenticate(request);
    return withTenant(user.tenantId, { type: 'user', id: user.id, role: user.role }, () =>
      this.db
        .tenantTx(async (tx) => {
          const { count } = await tx.user.updateMany({
            where: { tenantId: user.tenantId, id: user.id, status: 'active' },
            data: { lastLoginAt: this.clock.now() },
          });
          if (count === 0) throw new ProblemError('user_disabled'); // since the password was checked
          const familyId = uuidv7();
          await this.audit.write(tx, {
            tenantId: user.tenantId,
            action: 'user.logged_in',
            resourceType: 'user',
            resourceId: user.id,
          });
          return { familyId, refreshToken: await this.newToken(tx, user, familyId) };
        })
        .then((login) => this.tokens(user, login)),
    );
  }

  /**
   * Uses up a refresh token for a new pair. One that was used before is in two hands: the whole family is revoked
   * (RFC 9700, section 4.14.2).
   * @throws ProblemError invalid_token
   */
  async refresh(token: string): Promise<TokenResponse> {
    const parsed = parseRefreshToken(token);
    if (!parsed) throw new ProblemError('invalid_token');
    const { tenantId } = parsed;
    return withTenant(tenantId, { type: 'user' }, async () => {
      const rotated = await this.db.tenantTx(async (tx) => {
        const found = await this.lockLogin(tx, parsed);
        const now = this.clock.now();
        if (!found || found.revokedAt || found.expiresAt <= now || found.user.status !== 'active') return undefined;
        const { user, familyId } = found;
        if (found.usedAt) {
          await this.revokeFamily(tx, tenantId, familyId);
          await this.audit.write(tx, {
            tenantId,
            action: 'refresh_token.reused',
            resourceType: 'user',
            resourceId: user.id,
            actorId: user.id,
          });
          return undefined;
        }
        await tx.refreshToken.update({ where: { tenantId_id: { tenantId, id: found.id } }, data: { usedAt: now } });
        return { user, familyId, refreshToken: await this.newToken(tx, user, familyId) };
      });
      if (!rotated) throw new ProblemError('invalid_token', { detail: 'Sign in again.' });
      return this.tokens(rotated.user, rotated);
    });
  }

  /** Ends the login that a refresh token belongs to. A token that is unknown has nothing left to end. */
  async logout(token: string): Promise<void> {
    const parsed = parseRefreshToken(token);
    if (!parsed) return;
    const { tenantId } = parsed;
    await withTenant(tenantId, { type: 'user' }, () =>
      this.db.tenantTx(async (tx) => {
        const found = await this.lockLogin(tx, parsed);
        if (!found || found.revokedAt) return;
        await this.revokeFamily(tx, tenantId, found.familyId);
        await this.audit.write(tx, {
          tenantId,
          action: 'user.logged_out',
          resourceType: 'user',
          resourceId: found.userId,
          actorId: found.userId,
        });
      }),
    );
  }

  /** The caller and its tenant.
   *  @throws ProblemError user_not_found */
  async me(): Promise<Account> {
    const tenantId = currentTenant();
    const id = currentRequest().actor?.id ?? '';
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

  private async newToken(tx: Tx, user: FamilyMember, familyId: string): Promise<string> {
    const { token, hash } = newRefreshToken(user.tenantId);
    const { ip, userAgent } = currentRequest();
    await tx.refreshToken.create({
      data: {
        tenantId: user.tenantId,
        userId: user.id,
        familyId,
        tokenHash: Uint8Array.from(hash),
        expiresAt: new Date(this.clock.now().getTime() + this.config.refreshTokenDays * DAY_MS),
        ip,
        userAgent,
      },
    });
    return token;
  }

  /**
   * The token as it is once nobody else is changing its login. Rotation inserts a row that a revocation running at the same
   * time would not see, so both take the login's lock first; and the user's row, which disabling the user changes.
   */
  private async lockLogin(tx: Tx, { tenantId, hash }: ParsedRefreshToken) {
    const where = { tenantId_tokenHash: { tenantId, tokenHash: Uint8Array.from(hash) } };
    const found = await tx.refreshToken.findUnique({ where });
    if (!found) return null;
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${found.familyId}, 0))`;
    await tx.$executeRaw`SELECT FROM users WHERE tenant_id = ${tenantId}::uuid AND id = ${found.userId}::uuid FOR SHARE`;
    return tx.refreshToken.findUnique({ where, include: { user: true } });
  }

  private async revokeFamily(tx: Tx, tenantId: string, familyId: string): Promise<void> {
    await tx.refreshToken.updateMany({
      where: { tenantId, familyId, revokedAt: null },
      data: { revokedAt: this.clock.now() },
    });
  }

  private async tokens(user: FamilyMember, login: { familyId: string; refreshToken: string }): Promise<TokenResponse> {
    return {
      access_token: await this.accessTokens.issue({
        sub: user.id,
        tid: user.tenantId,
        role: user.role,
        sid: login.familyId,
      }),
      token_type: 'Bearer',
      expires_in: this.config.accessTokenSeconds,
      refresh_token: login.refreshToken,
    };
  }
}
