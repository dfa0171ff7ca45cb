import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import { runAsTenant } from '@coditect/db/tenant-context';
import { ledgerRebuilds } from '#platform/observability/metrics';
import { RedisConnection, RedisUnavailable } from '#platform/redis/redis';
import { type HeldSession, ledgerSessionOf, licenseOf, SESSION_COLUMNS } from './held-session.js';
import { type LicenseRef, SeatLedger } from './seat-ledger.js';

const LOCK_MS = 2_000;
const RETRY_MS = 500;

/** Makes a ledger agree with Postgres again: when it is cold, when it was wrong, and after Redis was away. */
@Injectable()
export class LedgerRecovery implements OnModuleDestroy {
  private readonly logger = new Logger('seat-ledger');
  /** Ledgers that missed a change while Redis was away: license → what it is. */
  private readonly stale = new Map<string, LicenseRef>();
  private timer: NodeJS.Timeout | undefined;
  /** Whoever waits for another process to write a ledger waits together: lock → when it is gone. */
  private readonly waits = new Map<string, Promise<void>>();

  constructor(
    private readonly db: Database,
    private readonly redis: RedisConnection,
    private readonly ledger: SeatLedger,
  ) {}

  /**
   * Writes the ledger from Postgres, under a lock that keeps other processes from doing the same work at once. Without
   * the lock it waits for whoever holds it, and answers false. Callers look at the ledger again afterwards.
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
   * Puts a session that Postgres calls active into a ledger that does not know it. A seat that the ledger gave to somebody
   * else shows that it is wrong: it is rebuilt.
   * @throws RedisUnavailable
   */
  async adopt(session: HeldSession): Promise<void> {
    const license = licenseOf(session);
    const adopted = await this.ledger.adopt(license, ledgerSessionOf(session), session.lease_expires_at.getTime());
    if (adopted !== 'adopted') {
      await this.rebuild(license, adopted === 'cold' ? 'cold' : 'force');
      return;
    }
    // It may have been ended between the look and the adoption; whoever ended it found nothing to strike off then.
    if (!(await this.isActive(session))) await this.ledger.forget(license, [session.id]);
  }

  /**
   * The same for many sessions of one license. Answers those that found their seat or holder taken, or the ledger cold;
   * what becomes of them is up to the caller.
   * @throws RedisUnavailable
   */
  async adoptAll(license: LicenseRef, sessions: HeldSession[]): Promise<HeldSession[]> {
    const answers = await Promise.all(
      sessions.map((session) =>
        this.ledger.adopt(license, ledgerSessionOf(session), session.lease_expires_at.getTime()),
      ),
    );
    const adopted = sessions.filter((_, i) => answers[i] === 'adopted').map(({ id }) => id);
    if (adopted.length > 0) {
      const active = new Set((await this.activeSessions(license)).map(({ id }) => id));
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

  /** Before the ledger is asked: makes up for what this process knows it missed.
   *  @throws RedisUnavailable */
  async refresh(license: LicenseRef): Promise<void> {
    const key = `${license.tenantId}:${license.licenseId}`;
    const mark = this.stale.get(key);
    if (!mark) return;
    const written = await this.rebuild(license, 'force');
    // Another process may have read Postgres before the change, and the ledger may have missed one more meanwhile.
    if (written && this.stale.get(key) === mark) this.stale.delete(key);
  }

  onModuleDestroy(): void {
    clearTimeout(this.timer);
  }

  /** A ledger that cannot be written keeps no other one waiting. */
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
    await this.ledger.rebuild(
      license,
      mode,
      rows.map((row) => ({ ...ledgerSessionOf(row), recordedLeaseEnd: row.lease_expires_at.getTime() })),
    );
    // What ended between the read and the write has already been struck off a ledger that did not have it yet.
    const still = new Set((await this.activeSessions(license)).map((row) => row.id));
    await this.ledger.forget(
      license,
      rows.map((row) => row.id).filter((id) => !still.has(id)),
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

  private async isActive({ tenant_id: tenantId, id }: HeldSession): Promise<boolean> {
    const row = await runAsTenant(tenantId, () =>
      this.db.tenant.licenseSession.findUnique({ where: { tenantId_id: { tenantId, id } }, select: { status: true } }),
    );
    return row?.status === 'active';
  }

  private async activeSessions(license: LicenseRef): Promise<HeldSession[]> {
    const [result] = await runAsTenant(license.tenantId, () =>
      this.db.tenantBatch([
        {
          name: 'ledger_active_sessions',
          text: `SELECT ${SESSION_COLUMNS} FROM license_sessions s
            JOIN licenses l ON l.tenant_id = s.tenant_id AND l.id = s.license_id
            WHERE s.tenant_id = $1 AND s.license_id = $2 AND s.status = 'active' ORDER BY s.seat_no`,
          values: [license.tenantId, license.licenseId],
        },
      ]),
    );
    return result?.rows as HeldSession[];
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
