import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import { SessionEnding } from './session-ending.js';

const FLUSH_MS = 2_000;
const ROWS_A_STATEMENT = 1_000;

interface Beat {
  tenantId: string;
  licenseId: string;
  sessionId: string;
  leaseEnd: Date;
  at: Date;
}

/**
 * Writes heartbeats behind: the last one of each license session, many in one statement, every two seconds. What a killed
 * process had not yet written is written again by the next heartbeat of the same session (decision record 0004). A session
 * that has ended in Postgres and still beats is one the ledger should not have: it was told too late, or restored to an
 * older state. The ledger lets go of it here, so that its next heartbeat is told why.
 */
@Injectable()
export class HeartbeatWriter implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('heartbeat-writer');
  private beats = new Map<string, Beat>();
  private timer: NodeJS.Timeout | undefined;
  private flushing: Promise<void> = Promise.resolve();

  constructor(
    private readonly db: Database,
    private readonly ending: SessionEnding,
  ) {}

  onModuleInit(): void {
    this.timer = setInterval(() => void this.flush(), FLUSH_MS).unref();
  }

  /** Shutdown writes what is left. */
  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.flush();
  }

  add(beat: Beat): void {
    this.beats.set(beat.sessionId, beat);
  }

  /** Writes everything added before the call. Never throws: what could not be written stays for the next time. */
  flush(): Promise<void> {
    this.flushing = this.flushing.then(() => this.write());
    return this.flushing;
  }

  private async write(): Promise<void> {
    const beats = this.beats;
    this.beats = new Map();
    const all = [...beats.values()];
    for (let i = 0; i < all.length; i += ROWS_A_STATEMENT) {
      try {
        await this.writeSome(all.slice(i, i + ROWS_A_STATEMENT));
      } catch (error) {
        for (const beat of all.slice(i)) if (!this.beats.has(beat.sessionId)) this.beats.set(beat.sessionId, beat);
        this.logger.warn({ msg: 'heartbeats wait to be written', waiting: this.beats.size, err: String(error) });
        return;
      }
    }
  }

  // Rows are locked in one order, so that two processes writing at once cannot wait for each other in a circle.
  private async writeSome(beats: Beat[]): Promise<void> {
    const { rows } = await this.db.systemQuery<{ id: string }>(
      `WITH beat AS (
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::timestamptz[]) AS b(tenant_id, id, lease_end, at)
      ), locked AS (
        SELECT s.tenant_id, s.id, beat.lease_end, beat.at
        FROM license_sessions s JOIN beat ON beat.tenant_id = s.tenant_id AND beat.id = s.id
        WHERE s.status = 'active' ORDER BY s.tenant_id, s.id FOR NO KEY UPDATE OF s
      )
      UPDATE license_sessions s
      SET lease_expires_at = greatest(s.lease_expires_at, least(locked.lease_end, s.expires_at)),
        last_heartbeat_at = greatest(s.last_heartbeat_at, locked.at)
      FROM locked WHERE s.tenant_id = locked.tenant_id AND s.id = locked.id
      RETURNING s.id`,
      [
        beats.map((b) => b.tenantId),
        beats.map((b) => b.sessionId),
        beats.map((b) => b.leaseEnd),
        beats.map((b) => b.at),
      ],
    );
    const active = new Set(rows.map((row) => row.id));
    for (const { tenantId, licenseId, sessionId } of beats)
      if (!active.has(sessionId)) await this.ending.forget({ tenantId, licenseId }, [sessionId]);
  }
}
