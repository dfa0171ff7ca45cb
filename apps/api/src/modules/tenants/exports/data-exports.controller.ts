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
      'Made in the background as a zip: one file of newline-delimited JSON for each table, and `manifest.json` with their ' +
      'checksums. Passwords, tokens and other secrets are left out. Whoever asks for it gets an e-mail when it is ready. ' +
      'While one is being made, that one is answered.',
    status: 202,
    response: DataExport,
    location: 'tenant/exports/:id',
    idempotent: true,
    whenClosed: true,
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
    description: 'For 7 days after it was made. Every download is audited.',
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
