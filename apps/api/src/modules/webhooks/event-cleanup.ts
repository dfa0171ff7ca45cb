import { Injectable } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import { Clock } from '../../platform/clock.js';

const DAY_MS = 24 * 60 * 60 * 1000;
/** How long events can be read and replayed. */
export const EVENT_DAYS = 30;
const ROWS_A_BATCH = 1_000;

/** Deletes old events, with their deliveries and attempts, in small transactions. */
@Injectable()
export class EventCleanup {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  /** Answers how many events are gone. */
  async run(): Promise<number> {
    const before = new Date(this.clock.now().getTime() - EVENT_DAYS * DAY_MS);
    const logs = await this.db.system.eventLog.findMany({ select: { tenantId: true } });
    let deleted = 0;
    for (const { tenantId } of logs)
      for (let batch = ROWS_A_BATCH; batch === ROWS_A_BATCH; deleted += batch) {
        batch = await this.db.system.$executeRaw`
          DELETE FROM events WHERE tenant_id = ${tenantId}::uuid AND id IN (
            SELECT id FROM events WHERE tenant_id = ${tenantId}::uuid AND occurred_at < ${before} LIMIT ${ROWS_A_BATCH})`;
      }
    return deleted;
  }
}
