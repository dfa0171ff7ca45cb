import { Body, Delete, Get, Header, Param, Patch, Post, Query, Req } from '@nestjs/common';
import { Id } from '@coditect/contracts/common';
import {
  CreateWebhookRequest,
  UpdateWebhookRequest,
  Webhook,
  WebhookPage,
  WebhookQuery,
  WebhookWithSecret,
} from '@coditect/contracts/webhooks';
import type { FastifyRequest } from 'fastify';
import { RequirePermission } from '#platform/access/access';
import { ApiController } from '#platform/http/api-controller';
import { Operation } from '#platform/operation';
import { page } from '#platform/lists/paging';
import { presentWebhook } from './webhooks.presenter.js';
import { WebhooksService } from './webhooks.service.js';

@ApiController('webhooks')
export class WebhooksController {
  constructor(private readonly webhooks: WebhooksService) {}

  @Get()
  @RequirePermission('webhook:manage')
  @Operation({ summary: 'List the webhooks of the tenant', response: WebhookPage })
  async list(@Query({ schema: WebhookQuery }) query: WebhookQuery, @Req() request: FastifyRequest) {
    return page(await this.webhooks.list(query), query, request.url, presentWebhook);
  }

  @Post()
  @RequirePermission('webhook:manage')
  @Header('cache-control', 'no-store')
  @Operation({
    summary: 'Create a webhook',
    description: 'Only this answer has the secret that verifies signatures. A tenant has at most 20 webhooks.',
    status: 201,
    response: WebhookWithSecret,
    problems: ['quota_exceeded'],
    location: 'webhooks/:id',
    idempotent: true,
    versioned: true,
  })
  async create(@Body({ schema: CreateWebhookRequest }) body: CreateWebhookRequest): Promise<WebhookWithSecret> {
    const { row, secret } = await this.webhooks.create(body);
    return { ...presentWebhook(row), secret };
  }

  @Get(':id')
  @RequirePermission('webhook:manage')
  @Operation({ summary: 'Read a webhook', response: Webhook, problems: ['webhook_not_found'], versioned: true })
  async get(@Param('id', { schema: Id }) id: string): Promise<Webhook> {
    return presentWebhook(await this.webhooks.get(id));
  }

  @Patch(':id')
  @RequirePermission('webhook:manage')
  @Operation({ summary: 'Change a webhook', response: Webhook, problems: ['webhook_not_found'], versioned: true })
  async update(
    @Param('id', { schema: Id }) id: string,
    @Body({ schema: UpdateWebhookRequest }) body: UpdateWebhookRequest,
  ): Promise<Webhook> {
    return presentWebhook(await this.webhooks.update(id, body));
  }

  @Delete(':id')
  @RequirePermission('webhook:manage')
  @Operation({ summary: 'Delete a webhook with its deliveries', problems: ['webhook_not_found'], versioned: true })
  async delete(@Param('id', { schema: Id }) id: string): Promise<void> {
    await this.webhooks.delete(id);
  }

  @Post(':id/rotate-secret')
  @RequirePermission('webhook:manage')
  @Header('cache-control', 'no-store')
  @Operation({
    summary: 'Give a webhook a new secret',
    description: 'For 24 hours, deliveries are signed with both the new and the previous secret.',
    response: WebhookWithSecret,
    problems: ['webhook_not_found'],
    idempotent: true,
    versioned: true,
  })
  async rotateSecret(@Param('id', { schema: Id }) id: string): Promise<WebhookWithSecret> {
    const { row, secret } = await this.webhooks.rotateSecret(id);
    return { ...presentWebhook(row), secret };
  }

  @Post(':id/enable')
  @RequirePermission('webhook:manage')
  @Operation({
    summary: 'Enable a webhook',
    description: 'It receives events from now on. Use replay for those it missed.',
    response: Webhook,
    problems: ['webhook_not_found'],
    versioned: true,
  })
  async enable(@Param('id', { schema: Id }) id: string): Promise<Webhook> {
    return presentWebhook(await this.webhooks.enable(id));
  }

  @Post(':id/disable')
  @RequirePermission('webhook:manage')
  @Operation({
    summary: 'Disable a webhook',
    description: 'Pending deliveries are skipped.',
    response: Webhook,
    problems: ['webhook_not_found'],
    versioned: true,
  })
  async disable(@Param('id', { schema: Id }) id: string): Promise<Webhook> {
    return presentWebhook(await this.webhooks.disable(id));
  }
}
