import { Injectable } from '@nestjs/common';
import type { TokenResponse } from '@coditect/contracts/auth';
import { Database, type Tx } from '@coditect/db/database';
import type { Login, RefreshToken, User } from '@coditect/db/generated/prisma/client';
import { AuditService } from '#modules/audit/audit.service';
import { Config } from '#config/config';
import { AccessTokens } from '#platform/access/access-tokens';
import { Clock } from '#platform/clock';
import { ProblemError } from '#platform/problems/problem';
import { currentRequest, withTenant } from '#platform/request-context';
import { newSecretToken, type ParsedToken, parseSecretToken } from '#platform/secrets/secret-token';
import { LoginEnder } from './login-ender.js';

type LoginUser = Pick<User, 'tenantId' | 'id' | 'role'>;

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * How long, in ms, a client that lost the response may use a refresh token again, so that a dropped connection does not
 * cost it its login. RFC 9700, section 4.14.2, allows this. It works only while the successor is unused, and it revokes
 * that successor. So a thief is still noticed: if client and thief hold different successors of one token, the login
 * ends when the revoked one is used.
 */
export const REFRESH_LEEWAY_MS = 30_000;

/** Logins: begun by any way of signing in, continued by rotating refresh tokens, ended by the user or by expiry. */
@Injectable()
export class LoginsService {
  constructor(
    private readonly db: Database,
    private readonly accessTokens: AccessTokens,
    private readonly loginEnder: LoginEnder,
    private readonly audit: AuditService,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /**
   * Begins a login of an authenticated user.
   * @param method how: `password`, `oauth:<provider>`, `device`, `invitation`
   * @param within more work in the same transaction, before the login begins
   * @throws ProblemError user_disabled
   */
  async start(user: LoginUser, method: string, within?: (tx: Tx) => Promise<void>): Promise<TokenResponse> {
    const { tenantId, id, role } = user;
    return withTenant(tenantId, { type: 'user', id, userId: id, role }, async () => {
      const begun = await this.db.tenantTx(async (tx) => {
        await within?.(tx);
        const { count } = await tx.user.updateMany({
          where: { tenantId, id, status: 'active' },
          data: { lastLoginAt: this.clock.now() },
        });
        if (count === 0) throw new ProblemError('user_disabled'); // disabled since the authentication
        const login = await this.newLogin(tx, user, method);
        await this.audit.write(tx, {
          tenantId,
          action: 'user.logged_in',
          resourceType: 'user',
          resourceId: id,
          after: { method },
        });
        return { login, refreshToken: await this.newToken(tx, login) };
      });
      return this.tokens(user, begun);
    });
  }

  /**
   * Exchanges a refresh token for a new pair. A second use means that two parties hold the token, and ends the whole
   * login (RFC 9700, section 4.14.2). The exception is a soon repetition while the successor is unused.
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
        if (!found || found.login.revokedAt || found.login.expiresAt <= now || found.user.status !== 'active')
          return undefined;
        const { user, login } = found;
        if (!(await this.takes(tx, found, now))) {
          await this.loginEnder.end(tx, login);
          await this.audit.write(tx, {
            tenantId,
            action: 'refresh_token.reused',
            resourceType: 'user',
            resourceId: user.id,
            actorId: user.id,
          });
          return undefined;
        }
        const usedAt = found.usedAt ?? now; // a repetition does not extend the time for more
        await tx.refreshToken.update({ where: { tenantId_id: { tenantId, id: found.id } }, data: { usedAt } });
        await tx.login.update({
          where: { tenantId_id: { tenantId, id: login.id } },
          data: { lastUsedAt: now, ip: currentRequest().ip ?? null },
        });
        return { user, login, refreshToken: await this.newToken(tx, login, found.id) };
      });
      if (!rotated) throw new ProblemError('invalid_token', { detail: 'Sign in again.' });
      return this.tokens(rotated.user, rotated);
    });
  }

  /** Ends the login of a refresh token. Does nothing for an unknown token. */
  async logout(token: string): Promise<void> {
    const parsed = parseSecretToken('crt_', token);
    if (!parsed) return;
    const { tenantId } = parsed;
    await withTenant(tenantId, { type: 'user' }, () =>
      this.db.tenantTx(async (tx) => {
        const found = await this.lockLogin(tx, parsed);
        if (!found || found.login.revokedAt) return;
        await this.loginEnder.end(tx, found.login);
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
        tenantId: user.tenantId,
        userId: user.id,
        method,
        ip,
        userAgent,
        createdAt: now,
        lastUsedAt: now,
        expiresAt: new Date(now.getTime() + this.config.refreshTokenDays * DAY_MS),
      },
    });
  }

  private async newToken(tx: Tx, { tenantId, userId, id, expiresAt }: Login, replaces?: string): Promise<string> {
    const { token, hash } = newSecretToken('crt_', tenantId);
    const { ip, userAgent } = currentRequest();
    await tx.refreshToken.create({
      data: { tenantId, userId, familyId: id, tokenHash: hash, replaces, expiresAt, ip, userAgent },
    });
    return token;
  }

  /** Returns the token with its login locked. The lock is needed because rotation inserts a row that a concurrent
   *  end of the login would not see. */
  private async lockLogin(tx: Tx, { tenantId, hash }: ParsedToken) {
    const where = { tenantId_tokenHash: { tenantId, tokenHash: hash } };
    const found = await tx.refreshToken.findUnique({ where });
    if (!found) return null;
    await this.loginEnder.lock(tx, { tenantId, userId: found.userId, id: found.familyId });
    return tx.refreshToken.findUnique({ where, include: { user: true, login: true } });
  }

  /** Whether the token may be used now. A used token may be used again for a short time, if the token that replaced it
   *  is still unused. That token is then revoked. */
  private async takes(tx: Tx, { tenantId, familyId, id, usedAt, revokedAt }: RefreshToken, now: Date) {
    if (revokedAt) return false; // a successor that a repeated refresh has revoked
    if (!usedAt) return true;
    if (now.getTime() - usedAt.getTime() > REFRESH_LEEWAY_MS) return false;
    const { count } = await tx.refreshToken.updateMany({
      where: { tenantId, familyId, replaces: id, usedAt: null, revokedAt: null },
      data: { revokedAt: now },
    });
    return count === 1;
  }

  private async tokens(user: LoginUser, of: { login: Login; refreshToken: string }): Promise<TokenResponse> {
    const { id: sid, expiresAt } = of.login;
    return {
      access_token: await this.accessTokens.issue({ sub: user.id, tid: user.tenantId, role: user.role, sid }),
      token_type: 'Bearer',
      expires_in: this.config.accessTokenSeconds,
      refresh_token: of.refreshToken,
      refresh_token_expires_in: Math.floor((expiresAt.getTime() - this.clock.now().getTime()) / 1000),
    };
  }
}
