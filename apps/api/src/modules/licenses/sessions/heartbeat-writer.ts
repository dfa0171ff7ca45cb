import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import { Prisma } from '@coditect/db/generated/prisma/client';
import { SessionEnder } from '../session-ends/session-ender.js';

const FLUSH_MS = 2_000;
const ROWS_A_STATEMENT = 1_000;

interface Heartbeat {
  tenantId: string;
  licenseId: string;
  sessionId: string;
  leaseEnd: Date;
  at: Date;
}

/**
 * Writes heartbeats behind: the last one of each license session, many in one statement, every two seconds. If the process
 * is killed before, the next heartbeat of the session is written instead (decision record 0004). A heartbeat of a session
 * that has ended in Postgres shows that the ledger is behind, for example restored to an older state. Then the session
 * leaves the ledger, so that its next heartbeat learns why it has ended.
 */
@Injectable()
export class HeartbeatWriter implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('heartbeat-writer');
  private waiting = new Map<string, Heartbeat>();
  private timer: NodeJS.Timeout | undefined;
  private flushing: Promise<void> = Promise.resolve();

  constructor(
    private readonly db: Database,
    private readonly sessions: SessionEnder,
  ) {}

  onModuleInit(): void {
    this.timer = setInterval(() => void this.flush(), FLUSH_MS).unref();
  }

  /** Writes the rest at shutdown. */
  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.flush();
  }

  add(heartbeat: Heartbeat): void {
    this.waiting.set(heartbeat.sessionId, heartbeat);
  }

  /** Writes everything added before the call. Never throws: a heartbeat that could not be written waits for the next flush. */
  flush(): Promise<void> {
    this.flushing = this.flushing.then(() => this.write());
    return this.flushing;
  }

  private async write(): Promise<void> {
    const heartbeats = [...this.waiting.values()];
    this.waiting = new Map();
    for (let i = 0; i < heartbeats.length; i += ROWS_A_STATEMENT) {
      try {
        await this.writeSome(heartbeats.slice(i, i + ROWS_A_STATEMENT));
      } catch (error) {
        for (const heartbeat of heartbeats.slice(i))
          if (!this.waiting.has(heartbeat.sessionId)) this.waiting.set(heartbeat.sessionId, heartbeat);
        this.logger.warn({ msg: 'heartbeats wait to be written', waiting: this.waiting.size, err: String(error) });
        return;
      }
    }
  }

  // Locks the rows in the order of their keys: two processes that write at once cannot wait for each other in a circle.
  private async writeSome(heartbeats: Heartbeat[]): Promise<void> {
    const { text, values } = Prisma.sql`
      WITH heartbeat AS (
        SELECT * FROM unnest(${heartbeats.map((h) => h.tenantId)}::uuid[], ${heartbeats.map((h) => h.sessionId)}::uuid[],
          ${heartbeats.map((h) => h.leaseEnd)}::timestamptz[], ${heartbeats.map((h) => h.at)}::timestamptz[])
          AS h(tenant_id, id, lease_end, at)
      ), locked AS (
        SELECT s.tenant_id, s.id, h.lease_end, h.at
        FROM license_sessions s JOIN heartbeat h ON h.tenant_id = s.tenant_id AND h.id = s.id
        WHERE s.status = 'active' ORDER BY s.tenant_id, s.id FOR NO KEY UPDATE OF s
      )
      UPDATE license_sessions s
      SET lease_expires_at = greatest(s.lease_expires_at, least(locked.lease_end, s.expires_at)),
        last_heartbeat_at = greatest(s.last_heartbeat_at, locked.at)
      FROM locked WHERE s.tenant_id = locked.tenant_id AND s.id = locked.id
      RETURNING s.id`;
    const { rows } = await this.db.systemQuery<{ id: string }>(text, values);
    const active = new Set(rows.map((row) => row.id));
    for (const { tenantId, licenseId, sessionId } of heartbeats)
      if (!active.has(sessionId)) await this.sessions.forget({ tenantId, licenseId }, [sessionId]);
  }
}
