import { Injectable } from '@nestjs/common';
import type { AuditLogFilters } from '@coditect/contracts/audit';
import { statement } from '@coditect/db/batch-query';
import { Database } from '@coditect/db/database';
import { currentRequest, currentTenant, type RequestContext, requestStore } from '#platform/request-context';
import { auditLogCondition, type Condition } from '../audit-log.filter.js';
import type { AuditRow } from '../audit-logs.presenter.js';

/** Sequences covered by one statement. Also limits how much of a chain is in memory. */
const PAGE = 500;

/** Reads the chain of the current tenant from its first entry, in constant memory and statements of bounded cost. */
@Injectable()
export class ChainReader {
  constructor(private readonly db: Database) {}

  /** Returns the sequence of the last sealed entry; 0 without one. */
  async lastSequence(): Promise<number> {
    return (await this.sequence('sequence IS NOT NULL ORDER BY sequence DESC')) ?? 0;
  }

  /** Yields pages of the entries up to `last` that match the filters, in the order of the chain. A page may be empty.
   *  Do not keep a page: its array is emptied when the next one is taken. All pages are read in the context of the
   *  request that calls this, even if a stream takes them later outside of it. */
  pages(last: number, filters: AuditLogFilters = {}): AsyncGenerator<AuditRow[], void, undefined> {
    return this.pagesWithin(currentRequest(), last, auditLogCondition(currentTenant(), filters));
  }

  private async *pagesWithin(
    context: RequestContext,
    last: number,
    condition: Condition,
  ): AsyncGenerator<AuditRow[], void, undefined> {
    const within = <T>(work: () => Promise<T>) => requestStore.run(context, work);
    for (let done = 0; done < last;) {
      const until = Math.min(done + PAGE, last);
      const rows = await within(() => this.page(condition, done, until));
      const { length } = rows;
      yield rows;
      // Empty the page: otherwise old pages stay in the heap until a full collection (measured: 200 MB).
      rows.length = 0;
      // An empty window may be a gap of archived entries: continue at the next entry.
      const next = length > 0 ? until + 1 : await within(() => this.nextSequence(until));
      if (next === undefined) return;
      done = next - 1;
    }
  }

  private async page({ text, values }: Condition, after: number, until: number): Promise<AuditRow[]> {
    const [from, to] = [`$${values.length + 1}`, `$${values.length + 2}`];
    return this.read<AuditRow>(
      `SELECT * FROM audit_logs WHERE ${text} AND sequence > ${from} AND sequence <= ${to} ORDER BY sequence, id`,
      [...values, after, until],
    );
  }

  private async nextSequence(after: number): Promise<number | undefined> {
    return this.sequence(`sequence > ${after} ORDER BY sequence`);
  }

  private async sequence(condition: string): Promise<number | undefined> {
    const [row] = await this.read<{ sequence: string }>(
      `SELECT sequence FROM audit_logs WHERE tenant_id = $1::uuid AND ${condition} LIMIT 1`,
      [currentTenant()],
    );
    return row && Number(row.sequence);
  }

  private async read<Row>(text: string, values: unknown[]): Promise<Row[]> {
    const [result] = await this.db.tenantBatch([statement<Row>({ text, values })]);
    return result.rows;
  }
}
