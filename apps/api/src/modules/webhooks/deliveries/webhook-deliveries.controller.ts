import { Body, Get, Param, Post, Query, Req } from '@nestjs/common';
import { Id } from '@coditect/contracts/common';
import {
  ReplayWebhookRequest,
  WebhookDelivery,
  WebhookDeliveryDetail,
  WebhookDeliveryPage,
  WebhookDeliveryQuery,
  WebhookReplay,
  WebhookTest,
} from '@coditect/contracts/webhooks';
import type { FastifyRequest } from 'fastify';
import { RequirePermission } from '#platform/access/access';
import { ApiController } from '#platform/http/api-controller';
import { Operation } from '#platform/operation';
import { page } from '#platform/lists/paging';
import { WebhookDeliveriesService } from './webhook-deliveries.service.js';
import { presentDelivery, presentDeliveryDetail, presentTest } from './webhook-deliveries.presenter.js';

@ApiController('webhooks')
export class WebhookDeliveriesController {
  constructor(private readonly deliveries: WebhookDeliveriesService) {}

  @Get(':id/deliveries')
  @RequirePermission('webhook:manage')
  @Operation({
    summary: 'List the deliveries of a webhook',
    response: WebhookDeliveryPage,
    problems: ['webhook_not_found'],
  })
  async list(
    @Param('id', { schema: Id }) id: string,
    @Query({ schema: WebhookDeliveryQuery }) query: WebhookDeliveryQuery,
    @Req() request: FastifyRequest,
  ) {
    return page(await this.deliveries.list(id, query), query, request.url, presentDelivery);
  }

  @Get('deliveries/:id')
  @RequirePermission('webhook:manage')
  @Operation({
    summary: 'Read a delivery with its attempts',
    response: WebhookDeliveryDetail,
    problems: ['delivery_not_found'],
  })
  async get(@Param('id', { schema: Id }) id: string): Promise<WebhookDeliveryDetail> {
    return presentDeliveryDetail(await this.deliveries.get(id));
  }

  @Post('deliveries/:id/retry')
  @RequirePermission('webhook:manage')
  @Operation({
    summary: 'Send a delivery again',
    description:
      'Sends the delivery as soon as possible, whatever its status. It keeps its `webhook-id`, by which the receiver ' +
      'recognizes it.',
    response: WebhookDelivery,
    problems: ['delivery_not_found', 'webhook_disabled'],
  })
  async retry(@Param('id', { schema: Id }) id: string): Promise<WebhookDelivery> {
    return presentDelivery(await this.deliveries.retry(id));
  }

  @Post(':id/replay')
  @RequirePermission('webhook:manage')
  @Operation({
    summary: 'Deliver the events of a time range again',
    description:
      'Delivers the events that the webhook has selected, in their order, whether they were delivered before or not. Refused if more than 10,000 deliveries would then be pending.',
    status: 202,
    response: WebhookReplay,
    problems: ['webhook_not_found', 'webhook_disabled'],
    idempotent: true,
  })
  async replay(
    @Param('id', { schema: Id }) id: string,
    @Body({ schema: ReplayWebhookRequest }) body: ReplayWebhookRequest,
  ): Promise<WebhookReplay> {
    return { deliveries: await this.deliveries.replay(id, body) };
  }

  @Post(':id/test')
  @RequirePermission('webhook:manage')
  @Operation({
    summary: 'Send a test event now',
    description: 'Sends a signed event of type `webhook.test` and returns the answer of the endpoint.',
    response: WebhookTest,
    problems: ['webhook_not_found'],
  })
  async test(@Param('id', { schema: Id }) id: string): Promise<WebhookTest> {
    return presentTest(await this.deliveries.test(id));
  }
}
