import { Get, Param, Query, Req, type StreamableFile } from '@nestjs/common';
import { AuditExportQuery, AuditLog, AuditLogPage, AuditLogQuery, AuditVerification } from '@coditect/contracts/audit';
import { Id } from '@coditect/contracts/common';
import type { FastifyRequest } from 'fastify';
import { ApiController } from '#platform/http/api-controller';
import { RequirePermission } from '#platform/access/access';
import { Operation } from '#platform/operation';
import { page } from '#platform/lists/paging';
import { AuditExport } from './export/audit-export.js';
import { presentAuditLog } from './audit-logs.presenter.js';
import { AuditLogsService } from './audit-logs.service.js';
import { AuditVerification as Verification } from './chain/audit-verification.js';

@ApiController('audit-logs')
export class AuditLogsController {
  constructor(
    private readonly logs: AuditLogsService,
    private readonly verification: Verification,
    private readonly exporting: AuditExport,
  ) {}

  @Get()
  @RequirePermission('audit:read')
  @Operation({
    summary: 'List audit entries',
    description: 'Offsets go up to 10,000; use `from` and `to`, or the export, for what is further back.',
    response: AuditLogPage,
  })
  async list(@Query({ schema: AuditLogQuery }) query: AuditLogQuery, @Req() request: FastifyRequest) {
    return page(await this.logs.list(query), query, request.url, presentAuditLog);
  }

  @Get('verify')
  @RequirePermission('audit:read')
  @Operation({
    summary: 'Verify the chain of audit entries',
    description:
      'Reads the whole chain, from the first entry to the last one committed: a minute or two for a million.',
    response: AuditVerification,
  })
  verify(): Promise<AuditVerification> {
    return this.verification.verify();
  }

  @Get('export')
  @RequirePermission('audit:export')
  @Operation({
    summary: 'Export audit entries as CSV or NDJSON',
    description:
      'In the order of the chain. The lines of an NDJSON export hold all that `coditect-license audit verify` needs to ' +
      'verify them offline. CSV is `text/csv`. Exporting is an audit entry itself.',
    contentType: 'application/x-ndjson',
  })
  export(@Query({ schema: AuditExportQuery }) query: AuditExportQuery): Promise<StreamableFile> {
    return this.exporting.open(query);
  }

  @Get(':id')
  @RequirePermission('audit:read')
  @Operation({ summary: 'Read an audit entry', response: AuditLog, problems: ['audit_log_not_found'] })
  async get(@Param('id', { schema: Id }) id: string): Promise<AuditLog> {
    return presentAuditLog(await this.logs.get(id));
  }
}
