import { Get, Param, Query, Req } from '@nestjs/common';
import { Id } from '@coditect/contracts/common';
import { License, LicensePage, LicenseQuery } from '@coditect/contracts/licenses';
import type { FastifyRequest } from 'fastify';
import { ApiController } from '#platform/http/api-controller';
import { RequirePermission } from '#platform/access/access';
import { Operation } from '#platform/operation';
import { page } from '#platform/lists/paging';
import { presentLicense } from './licenses.presenter.js';
import { LicensesService } from './licenses.service.js';

@ApiController('licenses')
export class LicensesController {
  constructor(private readonly licenses: LicensesService) {}

  @Get()
  @RequirePermission('license:read')
  @Operation({ summary: 'List the licenses of the tenant', response: LicensePage })
  async list(@Query({ schema: LicenseQuery }) query: LicenseQuery, @Req() request: FastifyRequest) {
    return page(await this.licenses.list(query), query, request.url, presentLicense);
  }

  @Get(':id')
  @RequirePermission('license:read')
  @Operation({ summary: 'Read a license with its seats', response: License, problems: ['license_not_found'] })
  async get(@Param('id', { schema: Id }) id: string): Promise<License> {
    return presentLicense(await this.licenses.get(id));
  }
}
