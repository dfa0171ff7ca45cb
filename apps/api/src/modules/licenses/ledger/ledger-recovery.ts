import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import { Prisma } from '@coditect/db/generated/prisma/client';
import { named } from '@coditect/db/named-statement';
import { runAsTenant } from '@coditect/db/tenant-context';
import { ledgerRebuilds } from '#platform/observability/metrics';
import { RedisConnection, RedisUnavailable } from '#platform/redis/redis-connection';
import { type HeldSession, selectHeldSessions } from './held-session.js';
import { type LicenseRef, SeatLedger } from './seat-ledger.js';

const LOCK_MS = 2_000;
const RETRY_MS = 500;

/** Makes a ledger agree with Postgres again: when it is cold, when it was wrong, and after an outage of Redis. */
@Injectable()
export class LedgerRecovery implements OnModuleDestroy {
  private readonly logger = new Logger('seat-ledger');
  /** Licenses whose ledgers missed a change while Redis could not be reached. */
  private readonly stale = new Map<string, LicenseRef>();
  private timer: NodeJS.Timeout | undefined;
  /** While another process writes a ledger, all callers of this process that wait for it share one promise. Maps the
   *  key of the lock to that promise. */
  private readonly waits = new Map<string, Promise<void>>();

  constructor(
    private readonly db: Database,
    private readonly redis: RedisConnection,
    private readonly ledger: SeatLedger,
  ) {}

  /**
   * Writes the ledger from Postgres, under a lock, so that only one process does this work. If another process holds the
   * lock, waits for it and returns false. Callers ask the ledger again afterwards.
   * @throws RedisUnavailable
   */
  async rebuild(license: LicenseRef, mode: 'cold' | 'force'): Promise<boolean> {
    const key = `seats:{${license.tenantId}:${license.licenseId}}:rebuild`;
    const mine = randomUUID();
    const locked = await this.redis.use(key, (client) => client.set(key, mine, 'PX', LOCK_MS, 'NX'));
    if (locked === null) {
      await this.waitFor(key);
      return false;
    }
    try {
      await this.write(license, mode);
      return true;
    } finally {
      await this.redis.use(key, async (client) => (await client.get(key)) === mine && client.del(key)).catch(() => {});
    }
  }

  /**
   * Puts a session that is active in Postgres into a ledger that does not know it. If the ledger has given the seat to
   * another session, it is wrong, and is rebuilt.
   * @throws RedisUnavailable
   */
  async adopt(session: HeldSession): Promise<void> {
    const adopted = await this.ledger.adopt(session, session);
    if (adopted !== 'adopted') {
      await this.rebuild(session, adopted === 'cold' ? 'cold' : 'force');
      return;
    }
    // The session may have ended between the read and the adoption. Then the ledger had nothing to forget at that time.
    if (!(await this.isActive(session))) await this.ledger.forget(session, [session.sessionId]);
  }

  /**
   * The same for many sessions of one license. Returns the sessions that were not adopted, because their seat or holder
   * was taken or the ledger was cold. The caller decides what happens to them.
   * @throws RedisUnavailable
   */
  async adoptAll(license: LicenseRef, sessions: HeldSession[]): Promise<HeldSession[]> {
    const answers = await Promise.all(sessions.map((session) => this.ledger.adopt(license, session)));
    const adopted = sessions.filter((_, i) => answers[i] === 'adopted').map(({ sessionId }) => sessionId);
    if (adopted.length > 0) {
      const active = new Set((await this.activeSessions(license)).map(({ sessionId }) => sessionId));
      await this.ledger.forget(
        license,
        adopted.filter((id) => !active.has(id)),
      );
    }
    return sessions.filter((_, i) => answers[i] !== 'adopted');
  }

  /** Remembers that a ledger missed a change; it is rebuilt as soon as Redis answers. */
  markStale({ tenantId, licenseId }: LicenseRef): void {
    this.stale.set(`${tenantId}:${licenseId}`, { tenantId, licenseId });
    this.timer ??= setTimeout(() => void this.refreshStale(), RETRY_MS).unref();
  }

  /** Call it before asking the ledger: rebuilds a ledger that is known to have missed a change.
   *  @throws RedisUnavailable */
  async refresh(license: LicenseRef): Promise<void> {
    const key = `${license.tenantId}:${license.licenseId}`;
    const mark = this.stale.get(key);
    if (!mark) return;
    const written = await this.rebuild(license, 'force');
    // Keep the mark if another process rebuilt the ledger (it may have read Postgres before the change), or if the ledger
    // has missed one more change since.
    if (written && this.stale.get(key) === mark) this.stale.delete(key);
  }

  onModuleDestroy(): void {
    clearTimeout(this.timer);
  }

  /** One ledger that cannot be written does not delay the others. */
  private async refreshStale(): Promise<void> {
    this.timer = undefined;
    const errors: unknown[] = [];
    for (const license of this.stale.values()) {
      try {
        await this.refresh(license);
      } catch (error) {
        if (error instanceof RedisUnavailable) break;
        errors.push(error);
      }
    }
    if (errors.length > 0)
      this.logger.warn({ msg: 'stale ledgers could not be rebuilt', err: new AggregateError(errors) });
    if (this.stale.size > 0) this.timer ??= setTimeout(() => void this.refreshStale(), RETRY_MS).unref();
  }

  private async write(license: LicenseRef, mode: 'cold' | 'force'): Promise<void> {
    const rows = await this.activeSessions(license);
    await this.ledger.rebuild(license, mode, rows);
    // A session that ended between the read and the write was forgotten before this ledger had it. Forget it again.
    const still = new Set((await this.activeSessions(license)).map(({ sessionId }) => sessionId));
    await this.ledger.forget(
      license,
      rows.map(({ sessionId }) => sessionId).filter((id) => !still.has(id)),
    );
    ledgerRebuilds.inc({ mode });
    this.logger.log({
      msg: 'seat ledger rebuilt',
      mode,
      tenant_id: license.tenantId,
      license_id: license.licenseId,
      sessions: rows.length,
    });
  }

  private async isActive({ tenantId, sessionId }: HeldSession): Promise<boolean> {
    const row = await runAsTenant(tenantId, () =>
      this.db.tenant.licenseSession.findUnique({
        where: { tenantId_id: { tenantId, id: sessionId } },
        select: { status: true },
      }),
    );
    return row?.status === 'active';
  }

  private async activeSessions({ tenantId, licenseId }: LicenseRef): Promise<HeldSession[]> {
    const active = selectHeldSessions(
      Prisma.sql`s.tenant_id = ${tenantId} AND s.license_id = ${licenseId} AND s.status = 'active' ORDER BY s.seat_no`,
    );
    const [result] = await runAsTenant(tenantId, () =>
      this.db.tenantBatch([named<HeldSession>('ledger_active_sessions', active)]),
    );
    return result.rows;
  }

  private waitFor(key: string): Promise<void> {
    const running = this.waits.get(key);
    if (running) return running;
    const wait = this.untilGone(key).finally(() => this.waits.delete(key));
    this.waits.set(key, wait);
    return wait;
  }

  private async untilGone(key: string): Promise<void> {
    const deadline = Date.now() + LOCK_MS;
    while (Date.now() < deadline) {
      await sleep(10);
      if ((await this.redis.use(key, (client) => client.exists(key))) === 0) return;
    }
  }
}
