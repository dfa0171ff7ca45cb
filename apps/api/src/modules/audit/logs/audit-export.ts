import { Readable } from 'node:stream';
import { Injectable, StreamableFile } from '@nestjs/common';
import type { AuditExportQuery, AuditLog } from '@coditect/contracts/audit';
import { Database } from '@coditect/db/database';
import { Clock } from '#platform/clock';
import { currentTenant } from '#platform/request-context';
import { type AuditRow, presentAuditLog, presentSealedEntry } from '../audit-logs.presenter.js';
import { AuditSealer } from '../chain/audit-sealer.js';
import { AuditService } from '../audit.service.js';
import { ChainReader } from '../chain/chain-reader.js';
import { csvRecord } from './csv.js';

const BUFFER_BYTES = 64 * 1024;

const COLUMNS = [
  ...(['sequence', 'occurred_at', 'actor_type', 'actor_id', 'actor_name', 'action'] as const),
  ...(['resource_type', 'resource_id', 'before', 'after', 'ip', 'user_agent', 'request_id'] as const),
  ...(['id', 'erased_at'] as const),
] satisfies (keyof AuditLog)[];

const types = { csv: 'text/csv; charset=utf-8; header=present', ndjson: 'application/x-ndjson' };

/** Exports the chain of the current tenant in its order, in constant memory. */
@Injectable()
export class AuditExport {
  constructor(
    private readonly db: Database,
    private readonly audit: AuditService,
    private readonly sealer: AuditSealer,
    private readonly reader: ChainReader,
    private readonly clock: Clock,
  ) {}

  /** Returns a file of all entries committed so far, including the entry that records this export. Pages are read from
   *  the database only as fast as the client takes them, and no more after it has gone. */
  async open({ format, ...filters }: AuditExportQuery): Promise<StreamableFile> {
    const tenantId = currentTenant();
    await this.db.tenantTx((tx) =>
      this.audit.write(tx, {
        tenantId,
        action: 'audit_log.exported',
        resourceType: 'audit_log',
        resourceId: tenantId,
        after: { format, ...filters },
      }),
    );
    await this.sealer.seal(tenantId);
    const pages = this.reader.pages(await this.reader.lastSequence(), filters);
    const chunks = format === 'csv' ? csv(pages) : ndjson(pages);
    const stream = Readable.from(chunks, { objectMode: false, highWaterMark: BUFFER_BYTES });
    const name = `audit-logs-${this.clock
      .now()
      .toISOString()
      .replaceAll(/[-:]|\.\d+/g, '')}.${format}`;
    return new StreamableFile(stream, { type: types[format], disposition: `attachment; filename="${name}"` });
  }
}

async function* ndjson(pages: AsyncIterable<AuditRow[]>): AsyncGenerator<string> {
  for await (const rows of pages)
    if (rows.length > 0) yield rows.map((row) => `${JSON.stringify(presentSealedEntry(row))}\n`).join('');
}

async function* csv(pages: AsyncIterable<AuditRow[]>): AsyncGenerator<string> {
  yield csvRecord(COLUMNS);
  for await (const rows of pages) {
    const records = rows.map((row) => {
      const entry = presentAuditLog(row);
      return csvRecord(COLUMNS.map((column) => entry[column]));
    });
    if (records.length > 0) yield records.join('');
  }
}
