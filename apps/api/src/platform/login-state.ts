import { Injectable } from '@nestjs/common';
import type { UserRole } from '@coditect/contracts/common';
import { Database } from '@coditect/db/database';
import type { Freshness } from './access.js';
import { Clock } from './clock.js';
import { ProblemError } from './problem.js';

const LATELY_MS = 5_000;
const MAX_CACHED = 50_000;

interface State {
  role: UserRole;
  readAt: number;
}

/**
 * Whether a login still stands, and the user's role as it is now. An access token tells both as they were up to 15 minutes
 * ago; a logout, a disabled user and a new role count at once (OWASP ASVS 7.4.1, 8.3.2).
 */
@Injectable()
export class LoginState {
  private readonly known = new Map<string, State>();

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  /** The user's role. Runs as the tenant of the login.
   *  @throws ProblemError invalid_token, user_disabled */
  async role(login: { tid: string; sid: string; sub: string }, freshness: Freshness): Promise<UserRole> {
    const key = `${login.tid}:${login.sid}`;
    const state = this.known.get(key);
    if (freshness === 'lately' && state && Date.now() - state.readAt < LATELY_MS) return state.role;
    this.known.delete(key);
    const [answer] = await this.db.tenantBatch([
      {
        name: 'login_state',
        text: `SELECT u.role, u.status, l.revoked_at IS NULL AND l.expires_at > $4 AS standing
          FROM logins l JOIN users u ON u.tenant_id = l.tenant_id AND u.id = l.user_id
          WHERE l.tenant_id = $1 AND l.id = $2 AND l.user_id = $3`,
        values: [login.tid, login.sid, login.sub, this.clock.now()],
      },
    ]);
    const row = answer?.rows[0] as { role: UserRole; status: string; standing: boolean } | undefined;
    if (row?.status === 'disabled') throw new ProblemError('user_disabled');
    if (row?.status !== 'active' || !row.standing)
      throw new ProblemError('invalid_token', {
        detail: 'This login has ended; sign in again.',
        headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
      });
    if (this.known.size >= MAX_CACHED) this.known.delete(this.known.keys().next().value!);
    this.known.set(key, { role: row.role, readAt: Date.now() });
    return row.role;
  }
}
