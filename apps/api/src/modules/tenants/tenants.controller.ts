import { Body, Get, Patch, Post } from '@nestjs/common';
import { CloseTenantRequest, Tenant, TenantQuota, UpdateTenantRequest } from '@coditect/contracts/tenants';
import { ApiController } from '#platform/http/api-controller';
import { RequirePermission } from '#platform/access/access';
import { Operation } from '#platform/operation';
import { QuotaService } from './quotas/quota.service.js';
import { TenantClosure } from './closing/tenant-closure.js';
import { presentTenant } from './tenants.presenter.js';
import { TenantsService } from './tenants.service.js';

@ApiController('tenant')
export class TenantsController {
  constructor(
    private readonly tenants: TenantsService,
    private readonly closure: TenantClosure,
    private readonly quota: QuotaService,
  ) {}

  @Get()
  @RequirePermission('tenant:read')
  @Operation({ summary: 'Read your organization', response: Tenant, versioned: true })
  async get(): Promise<Tenant> {
    return presentTenant(await this.tenants.get());
  }

  @Patch()
  @RequirePermission('tenant:update')
  @Operation({
    summary: 'Change the settings of your organization',
    description:
      'Only an owner may change the slug. Users then sign in with the new one at once. The old one stays reserved for this ' +
      'organization for 90 days. Names of our own hosts and pages cannot be used.',
    response: Tenant,
    problems: ['slug_taken', 'two_factor_not_enabled', 'forbidden'],
    versioned: true,
  })
  async update(@Body({ schema: UpdateTenantRequest }) body: UpdateTenantRequest): Promise<Tenant> {
    return presentTenant(await this.tenants.update(body));
  }

  @Get('quota')
  @RequirePermission('tenant:read')
  @Operation({ summary: 'What the plan allows, and how much of it is in use', response: TenantQuota })
  async readQuota(): Promise<TenantQuota> {
    return this.quota.read();
  }

  @Post('close')
  @RequirePermission('tenant:delete')
  @Operation({
    summary: 'Close your organization, to be deleted after a grace period',
    description:
      'All license sessions end at once, and acquires are refused. Users can still sign in, read and export. Changes are refused ' +
      'with `tenant_closed`. At `delete_after` all data, including exports, is deleted for good. All owners get an e-mail.',
    response: Tenant,
    problems: ['invalid_credentials', 'too_many_attempts', 'tenant_suspended'],
    versioned: true,
  })
  async close(@Body({ schema: CloseTenantRequest }) body: CloseTenantRequest): Promise<Tenant> {
    return presentTenant(await this.closure.close(body));
  }

  @Post('reopen')
  @RequirePermission('tenant:delete')
  @Operation({
    summary: 'Reopen your organization before it is deleted',
    description: 'License sessions that were ended stay ended. An organization that is not closed is not changed.',
    response: Tenant,
    allowedWhenClosed: true,
    versioned: true,
  })
  async reopen(): Promise<Tenant> {
    return presentTenant(await this.closure.reopen());
  }
}
