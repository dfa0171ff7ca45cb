import { Injectable } from '@nestjs/common';
import type { AuditLogQuery } from '@coditect/contracts/audit';
import { statement } from '@coditect/db/batch-query';
import { Database } from '@coditect/db/database';
import { ProblemError } from '#platform/problems/problem';
import { currentTenant } from '#platform/request-context';
import { auditLogCondition } from '../audit-log.filter.js';
import type { AuditRow } from '../audit-logs.presenter.js';

/** Reads the audit entries of the current tenant. */
@Injectable()
export class AuditLogsService {
  constructor(private readonly db: Database) {}

  /** Returns a page of the entries that match the filters, and the count of all of them. */
  async list(query: AuditLogQuery): Promise<{ count: number; rows: AuditRow[] }> {
    const { text, values } = auditLogCondition(currentTenant(), query);
    const direction = query.ordering === 'occurred_at' ? 'ASC' : 'DESC';
    const page = [`$${values.length + 1}`, `$${values.length + 2}`] as const;
    const [counted, found] = await this.db.tenantBatch([
      statement<{ count: number }>({ text: `SELECT count(*)::int AS count FROM audit_logs WHERE ${text}`, values }),
      statement<AuditRow>({
        // Both columns in the same direction: then the index of the primary key serves either order.
        text: `SELECT * FROM audit_logs WHERE ${text} ORDER BY occurred_at ${direction}, id ${direction}
          LIMIT ${page[0]} OFFSET ${page[1]}`,
        values: [...values, query.limit, query.offset],
      }),
    ]);
    return { count: counted.rows[0]!.count, rows: found.rows };
  }

  /** @throws ProblemError audit_log_not_found */
  async get(id: string): Promise<AuditRow> {
    const [found] = await this.db.tenantBatch([
      statement<AuditRow>({
        text: 'SELECT * FROM audit_logs WHERE tenant_id = $1::uuid AND id = $2::uuid',
        values: [currentTenant(), id],
      }),
    ]);
    const [entry] = found.rows;
    if (!entry) throw new ProblemError('audit_log_not_found');
    return entry;
  }
}
