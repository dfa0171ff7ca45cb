import { Injectable } from '@nestjs/common';
import type { TokenResponse } from '@coditect/contracts/auth';
import { Database, type Tx } from '@coditect/db/database';
import type { Login, User } from '@coditect/db/generated/prisma/client';
import { AuditService } from '../audit/audit.service.js';
import { Config } from '../../config/config.js';
import { AccessTokens } from '../../platform/access-tokens.js';
import { Clock } from '../../platform/clock.js';
import { ProblemError } from '../../platform/problem.js';
import { currentRequest, withTenant } from '../../platform/request-context.js';
import { newSecretToken, type ParsedToken, parseSecretToken } from '../../platform/secret-token.js';

type LoginUser = Pick<User, 'tenantId' | 'id' | 'role'>;

const DAY_MS = 24 * 60 * 60 * 1000;

/** A login: begun by any way of signing in, kept by refresh tokens that rotate, ended by its user or its time. */
@Injectable()
export class LoginsService {
  constructor(
    private readonly db: Database,
    private readonly accessTokens: AccessTokens,
    private readonly audit: AuditService,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /**
   * Begins a login of a user who has proved who it is.
   * @param method how: `password`, `oauth:<provider>`, `device`, `invitation`
   * @param within more of the use case, in the same transaction, before the login begins
   * @throws ProblemError user_disabled
   */
  async start(user: LoginUser, method: string, within?: (tx: Tx) => Promise<void>): Promise<TokenResponse> {
    const { tenantId, id, role } = user;
    return withTenant(tenantId, { type: 'user', id, userId: id, role }, async () => {
      const login = await this.db.tenantTx(async (tx) => {
        await within?.(tx);
        const { count } = await tx.user.updateMany({
          where: { tenantId, id, status: 'active' },
          data: { lastLoginAt: this.clock.now() },
        });
        if (count === 0) throw new ProblemError('user_disabled'); // since it was asked who it is
        const { id: familyId } = await this.newLogin(tx, user, method);
        await this.audit.write(tx, {
          tenantId,
          action: 'user.logged_in',
          resourceType: 'user',
          resourceId: id,
          after: { method },
        });
        return { familyId, refreshToken: await this.newToken(tx, user, familyId) };
      });
      return this.tokens(user, login);
    });
  }

  /**
   * Uses up a refresh token for a new pair. One that was used before is in two hands: the whole family is revoked
   * (RFC 9700, section 4.14.2).
   * @throws ProblemError invalid_token
   */
  async refresh(token: string): Promise<TokenResponse> {
    const parsed = parseSecretToken('crt_', token);
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
    const parsed = parseSecretToken('crt_', token);
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

  private async newLogin(tx: Tx, user: LoginUser, method: string): Promise<Login> {
    const now = this.clock.now();
    const { ip, userAgent } = currentRequest();
    return tx.login.create({
      data: {
        ...{ tenantId: user.tenantId, userId: user.id, method, ip, userAgent, createdAt: now, lastUsedAt: now },
        expiresAt: new Date(now.getTime() + this.config.refreshTokenDays * DAY_MS),
      },
    });
  }

  private async newToken(tx: Tx, user: LoginUser, familyId: string): Promise<string> {
    const { token, hash } = newSecretToken('crt_', user.tenantId);
    const { ip, userAgent } = currentRequest();
    await tx.refreshToken.create({
      data: {
        tenantId: user.tenantId,
        userId: user.id,
        familyId,
        tokenHash: hash,
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
  private async lockLogin(tx: Tx, { tenantId, hash }: ParsedToken) {
    const where = { tenantId_tokenHash: { tenantId, tokenHash: hash } };
    const found = await tx.refreshToken.findUnique({ where });
    if (!found) return null;
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${found.familyId}, 0))`;
    await tx.$executeRaw`SELECT FROM users WHERE tenant_id = ${tenantId}::uuid AND id = ${found.userId}::uuid FOR SHARE`;
    return tx.refreshToken.findUnique({ where, include: { user: true } });
  }

  private async revokeFamily(tx: Tx, tenantId: string, familyId: string): Promise<void> {
    const revokedAt = this.clock.now();
    await tx.refreshToken.updateMany({ where: { tenantId, familyId, revokedAt: null }, data: { revokedAt } });
    await tx.login.updateMany({ where: { tenantId, id: familyId, revokedAt: null }, data: { revokedAt } });
  }

  private async tokens(user: LoginUser, login: { familyId: string; refreshToken: string }): Promise<TokenResponse> {
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
