import { Get, Header, Param, Post, Query, Req, StreamableFile } from '@nestjs/common';
import { Id } from '@coditect/contracts/common';
import { DataExport, DataExportPage, DataExportQuery } from '@coditect/contracts/tenants';
import type { FastifyRequest } from 'fastify';
import { ApiController } from '#platform/http/api-controller';
import { RequirePermission } from '#platform/access/access';
import { Operation } from '#platform/operation';
import { page } from '#platform/lists/paging';
import { DataExportsService } from './data-exports.service.js';
import { presentDataExport } from './data-exports.presenter.js';

@ApiController('tenant/exports')
export class DataExportsController {
  constructor(private readonly exports: DataExportsService) {}

  @Get()
  @RequirePermission('tenant:export')
  @Operation({ summary: 'List the exports of your organization', response: DataExportPage })
  async list(@Query({ schema: DataExportQuery }) query: DataExportQuery, @Req() request: FastifyRequest) {
    return page(await this.exports.list(query), query, request.url, presentDataExport);
  }

  @Post()
  @RequirePermission('tenant:export')
  @Operation({
    summary: 'Export all data of your organization',
    description:
      'The export is made in the background. It is a zip with one file of newline-delimited JSON per table, and ' +
      '`manifest.json` with their checksums. Passwords, tokens and other secrets are left out. The caller gets an e-mail ' +
      'when it is ready. While an export is being made, that one is returned.',
    status: 202,
    response: DataExport,
    location: 'tenant/exports/:id',
    idempotent: true,
    allowedWhenClosed: true,
  })
  async request(): Promise<DataExport> {
    return presentDataExport(await this.exports.request());
  }

  @Get(':id')
  @RequirePermission('tenant:export')
  @Operation({ summary: 'Read an export', response: DataExport, problems: ['export_not_found'] })
  async get(@Param('id', { schema: Id }) id: string): Promise<DataExport> {
    return presentDataExport(await this.exports.get(id));
  }

  @Get(':id/download')
  @RequirePermission('tenant:export')
  @Header('cache-control', 'no-store')
  @Operation({
    summary: 'Download an export',
    description: 'Available for 7 days. Every download is recorded as an audit entry.',
    contentType: 'application/zip',
    problems: ['export_not_found', 'export_not_ready'],
  })
  async download(@Param('id', { schema: Id }) id: string): Promise<StreamableFile> {
    const { file, sizeBytes, createdAt } = await this.exports.open(id);
    return new StreamableFile(file.createReadStream(), {
      type: 'application/zip',
      length: sizeBytes,
      disposition: `attachment; filename="export-${createdAt.toISOString().slice(0, 10)}.zip"`,
    });
  }
}
