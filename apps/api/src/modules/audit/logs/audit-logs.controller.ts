import { Get, Param, Query, Req, type StreamableFile } from '@nestjs/common';
import { AuditExportQuery, AuditLog, AuditLogPage, AuditLogQuery, AuditVerification } from '@coditect/contracts/audit';
import { Id } from '@coditect/contracts/common';
import type { FastifyRequest } from 'fastify';
import { ApiController } from '#platform/http/api-controller';
import { RequirePermission } from '#platform/access/access';
import { Operation } from '#platform/operation';
import { page } from '#platform/lists/paging';
import { AuditExport } from './audit-export.js';
import { presentAuditLog } from '../audit-logs.presenter.js';
import { AuditLogsService } from './audit-logs.service.js';
import { AuditVerification as Verification } from '../chain/audit-verification.js';

@ApiController('audit-logs')
export class AuditLogsController {
  constructor(
    private readonly logs: AuditLogsService,
    private readonly verification: Verification,
    private readonly auditExport: AuditExport,
  ) {}

  @Get()
  @RequirePermission('audit:read')
  @Operation({
    summary: 'List audit entries',
    description: 'Offsets go up to 10,000. For older entries use `from` and `to`, or the export.',
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
      'Reads the whole chain, from the first entry to the last committed one. A million entries take a minute or two.',
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
      'Entries come in the order of the chain. An NDJSON export has all that `coditect-license audit verify` needs to ' +
      'verify it offline. CSV is `text/csv`. The export itself is recorded as an audit entry.',
    contentType: 'application/x-ndjson',
  })
  export(@Query({ schema: AuditExportQuery }) query: AuditExportQuery): Promise<StreamableFile> {
    return this.auditExport.open(query);
  }

  @Get(':id')
  @RequirePermission('audit:read')
  @Operation({ summary: 'Read an audit entry', response: AuditLog, problems: ['audit_log_not_found'] })
  async get(@Param('id', { schema: Id }) id: string): Promise<AuditLog> {
    return presentAuditLog(await this.logs.get(id));
  }
}
