import { Injectable } from '@nestjs/common';
import type { TenantStatus } from '@coditect/db/generated/prisma/client';
import type { UserRole } from '@coditect/contracts/common';
import { statement } from '@coditect/db/batch-query';
import { Database } from '@coditect/db/database';
import { LRUCache } from 'lru-cache';
import type { Freshness } from './access.js';
import { Clock } from '../clock.js';
import { ProblemError } from '../problems/problem.js';

const CACHED_MS = 5_000;
const MAX_CACHED = 50_000;

/** The current rights of a user who signed in. */
export interface LoginStatus {
  role: UserRole;
  /** A tenant that is not active can be read and exported, but not changed. */
  tenantStatus: TenantStatus;
  /** The tenant requires a second factor, and the user has none. */
  secondFactorMissing: boolean;
}

/**
 * Whether a login is still active, and the user's current role. An access token states both as of up to 15 minutes ago.
 * A logout, a disabled user, a new role and a closed tenant must count at once (OWASP ASVS 7.4.1, 8.3.2).
 */
@Injectable()
export class LoginState {
  private readonly known = new LRUCache<string, LoginStatus>({ max: MAX_CACHED, ttl: CACHED_MS });

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  /** Runs as the tenant of the login. With `cached` a disabled user passes: the grant of a seat refuses it by
   *  itself, and records the denial.
   *  @throws ProblemError invalid_token, user_disabled */
  async status(login: { tid: string; sid: string; sub: string }, freshness: Freshness): Promise<LoginStatus> {
    const key = `${login.tid}:${login.sid}`;
    const cached = this.known.get(key);
    if (freshness === 'cached' && cached) return cached;
    this.known.delete(key);
    const [answer] = await this.db.tenantBatch([
      statement<LoginRow>({
        name: 'login_state',
        text: `SELECT u.role, u.status, l.revoked_at IS NULL AND l.expires_at > $4 AS active, t.status AS tenant_status,
            t.require_two_factor AND u.totp_enabled_at IS NULL AS second_factor_missing
          FROM logins l JOIN users u ON u.tenant_id = l.tenant_id AND u.id = l.user_id
          JOIN tenants t ON t.id = l.tenant_id
          WHERE l.tenant_id = $1 AND l.id = $2 AND l.user_id = $3`,
        values: [login.tid, login.sid, login.sub, this.clock.now()],
      }),
    ]);
    const [row] = answer.rows;
    const disabled = row?.status === 'disabled';
    if (disabled && freshness === 'fresh') throw new ProblemError('user_disabled');
    if (!row || (!disabled && (row.status !== 'active' || !row.active)))
      throw new ProblemError('invalid_token', {
        detail: 'This login has ended; sign in again.',
        headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
      });
    const status = {
      role: row.role,
      tenantStatus: row.tenant_status,
      secondFactorMissing: row.second_factor_missing,
    };
    if (!disabled) this.known.set(key, status);
    return status;
  }
}

interface LoginRow {
  role: UserRole;
  status: string;
  active: boolean;
  tenant_status: TenantStatus;
  second_factor_missing: boolean;
}
