import { Injectable } from '@nestjs/common';
import type { TenantStatus } from '@coditect/db/generated/prisma/client';
import type { UserRole } from '@coditect/contracts/common';
import { statement } from '@coditect/db/batch-query';
import { Database } from '@coditect/db/database';
import { API_KEY_PREFIX, parseApiKey } from './api-key-token.js';
import type { Freshness } from './access.js';
import { AccessTokens } from './access-tokens.js';
import { Clock } from '../clock.js';
import { LoginState } from './login-state.js';
import { ProblemError } from '../problems/problem.js';
import { currentRequest } from '../request-context.js';

interface ApiKeyRow {
  id: string;
  user_id: string;
  scopes: string[];
  role: UserRole;
  status: string;
  tenant_status: TenantStatus;
}

/** Identifies the caller by its bearer token: an access token of a user, or an API key. Sets tenant and actor of the
 *  request. */
@Injectable()
export class Authentication {
  constructor(
    private readonly accessTokens: AccessTokens,
    private readonly logins: LoginState,
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  /** @throws ProblemError invalid_token, user_disabled */
  async authenticate(bearer: string, freshness: Freshness): Promise<void> {
    const request = currentRequest();
    if (bearer.startsWith(API_KEY_PREFIX)) {
      const key = parseApiKey(bearer);
      if (!key) throw invalidKey();
      request.tenantId = key.tenantId;
      const row = await this.useKey(key.tenantId, key.hash, freshness);
      request.tenantStatus = row.tenant_status;
      request.actor = { type: 'api_key', id: row.id, userId: row.user_id, role: row.role, scopes: row.scopes };
      return;
    }
    const claims = await this.accessTokens.verify(bearer);
    request.tenantId = claims.tid;
    const { role, tenantStatus, secondFactorMissing } = await this.logins.status(claims, freshness);
    request.tenantStatus = tenantStatus;
    request.actor = {
      type: 'user',
      id: claims.sub,
      userId: claims.sub,
      role,
      loginId: claims.sid,
      secondFactorMissing,
    };
  }

  /** Sets tenant and actor without checking whether the login is still active. For routes where the session token is
   *  the credential and Postgres may be down.
   *  @throws ProblemError invalid_token */
  async identify(bearer: string): Promise<void> {
    const request = currentRequest();
    if (bearer.startsWith(API_KEY_PREFIX)) {
      const key = parseApiKey(bearer);
      if (!key) throw invalidKey();
      request.tenantId = key.tenantId;
      return;
    }
    const { tid, sub, role, sid } = await this.accessTokens.verify(bearer);
    request.tenantId = tid;
    request.actor = { type: 'user', id: sub, userId: sub, role, loginId: sid };
  }

  /** Returns the key with the current role of its user. Records its last use, at most once a minute. */
  private async useKey(tenantId: string, hash: Uint8Array, freshness: Freshness): Promise<ApiKeyRow> {
    const now = this.clock.now();
    const [found] = await this.db.tenantBatch([
      statement<ApiKeyRow>({
        name: 'api_key_state',
        text: `SELECT k.id, k.user_id, k.scopes, u.role, u.status, t.status AS tenant_status FROM api_keys k
          JOIN users u ON u.tenant_id = k.tenant_id AND u.id = k.user_id
          JOIN tenants t ON t.id = k.tenant_id
          WHERE k.tenant_id = $1 AND k.key_hash = $2 AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > $3)`,
        values: [tenantId, hash, now],
      }),
      {
        name: 'api_key_used',
        text: `UPDATE api_keys SET last_used_at = $3
          WHERE tenant_id = $1 AND key_hash = $2 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $3)
            AND (last_used_at IS NULL OR last_used_at < $3::timestamptz - interval '1 minute')`,
        values: [tenantId, hash, now],
      },
    ]);
    const [row] = found.rows;
    if (!row || row.status === 'removed') throw invalidKey();
    if (row.status === 'disabled' && freshness === 'fresh') throw new ProblemError('user_disabled');
    return row;
  }
}

function invalidKey(): ProblemError {
  return new ProblemError('invalid_token', {
    detail: 'The API key is not valid, has expired or was revoked.',
    headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
  });
}
