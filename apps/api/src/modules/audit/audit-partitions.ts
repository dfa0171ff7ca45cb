import { Injectable } from '@nestjs/common';
import { Database } from '@coditect/db/database';

const MONTHS_AHEAD = 24;

/** Creates the monthly partitions of audit_logs for the next two years. */
@Injectable()
export class AuditPartitions {
  constructor(private readonly db: Database) {}

  async extend(): Promise<void> {
    await this.db.systemQuery(
      `SELECT create_audit_partition((now() + make_interval(months => n))::date) FROM generate_series(0, $1::int) AS n`,
      [MONTHS_AHEAD],
    );
  }
}
