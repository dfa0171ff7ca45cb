import type { FileHandle } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import type { DataExportQuery } from '@coditect/contracts/tenants';
import { Database } from '@coditect/db/database';
import type { DataExport } from '@coditect/db/generated/prisma/client';
import { AuditService } from '#modules/audit/audit.service';
import { Clock } from '#platform/clock';
import { ProblemError } from '#platform/problems/problem';
import { currentTenant, currentUserId } from '#platform/request-context';
import { writeToOutbox } from '#modules/outbox/write-to-outbox';
import { DataExportFiles } from './data-export-files.js';
import { lockTenant } from '#modules/accounts/tenant-lock';

/** Exports of all data of a tenant. They are requested here and made by the worker (DataExportJob). */
@Injectable()
export class DataExportsService {
  constructor(
    private readonly db: Database,
    private readonly files: DataExportFiles,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /** Returns a page of the exports that match the filter, and the count of all of them. */
  async list({ status, ordering, limit, offset }: DataExportQuery): Promise<{ count: number; rows: DataExport[] }> {
    const where = { tenantId: currentTenant(), status };
    const [count, rows] = await Promise.all([
      this.db.tenant.dataExport.count({ where }),
      this.db.tenant.dataExport.findMany({
        where,
        orderBy: [{ createdAt: ordering === 'created_at' ? 'asc' : 'desc' }, { id: 'asc' }],
        take: limit,
        skip: offset,
      }),
    ]);
    return { count, rows };
  }

  /** @throws ProblemError export_not_found */
  async get(id: string): Promise<DataExport> {
    const tenantId = currentTenant();
    const row = await this.db.tenant.dataExport.findUnique({ where: { tenantId_id: { tenantId, id } } });
    if (!row) throw new ProblemError('export_not_found');
    return row;
  }

  /** Requests an export. While one is being made, returns that one. */
  async request(): Promise<DataExport> {
    const tenantId = currentTenant();
    const requestedBy = currentUserId();
    return this.db.tenantTx(async (tx) => {
      await lockTenant(tx, tenantId);
      const inWork = await tx.dataExport.findFirst({ where: { tenantId, status: { in: ['pending', 'running'] } } });
      if (inWork) return inWork;
      const created = await tx.dataExport.create({ data: { tenantId, requestedBy, createdAt: this.clock.now() } });
      await writeToOutbox(tx, tenantId, { topic: 'data_export', payload: { export_id: created.id } });
      await this.audit.write(tx, {
        tenantId,
        action: 'data_export.requested',
        resourceType: 'data_export',
        resourceId: created.id,
        after: { status: created.status },
      });
      return created;
    });
  }

  /** Opens the file of an export; the caller must close it. Writes the audit entry of the download before the first
   *  byte is read.
   *  @throws ProblemError export_not_found, also if it has expired, export_not_ready */
  async open(id: string): Promise<{ file: FileHandle; sizeBytes: number; createdAt: Date }> {
    const tenantId = currentTenant();
    const { status, fileName, sizeBytes, expiresAt, createdAt } = await this.get(id);
    if (status === 'pending' || status === 'running') throw new ProblemError('export_not_ready');
    if (status === 'failed')
      throw new ProblemError('export_not_ready', { detail: 'The export failed. Request a new one.' });
    if (status === 'expired' || !fileName || !expiresAt || expiresAt <= this.clock.now()) throw expired();
    const file = await this.files.open(tenantId, fileName);
    if (!file) throw expired();
    try {
      await this.db.tenantTx((tx) =>
        this.audit.write(tx, {
          tenantId,
          action: 'data_export.downloaded',
          resourceType: 'data_export',
          resourceId: id,
        }),
      );
    } catch (error) {
      await file.close();
      throw error;
    }
    return { file, sizeBytes: Number(sizeBytes), createdAt };
  }
}

function expired(): ProblemError {
  return new ProblemError('export_not_found', { detail: 'The export has expired. Request a new one.' });
}
