import { randomUUID } from 'node:crypto';
import type { EventType, WebhookDelivery, WebhookWithSecret } from '@coditect/contracts/webhooks';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { loadConfig } from '#config/config';
import { EventRecorder } from '#modules/webhooks/recording/event-recorder';
import { Clock } from '#platform/clock';
import { processLogger } from '#platform/observability/process';
import { WorkerModule } from '#worker.module';
import { startStack, TestApp, type TestStack } from './app.js';
import { writeEntries } from './audit-entries.js';
import type { TestTenant } from './factory.js';
import { WebhookReceiver } from './webhook-receiver.js';

const ENV = { WEBHOOK_ALLOW_PRIVATE: 'true' };

/** An API, a worker and a receiver of webhooks, all in this process. */
export class WebhookWorld {
  private constructor(
    readonly stack: TestStack,
    readonly api: TestApp,
    readonly worker: INestApplicationContext,
    readonly receiver: WebhookReceiver,
  ) {}

  static async start(): Promise<WebhookWorld> {
    const stack = await startStack();
    const [api, receiver] = await Promise.all([TestApp.start(stack, ENV), new WebhookReceiver().start()]);
    const config = loadConfig({ ...stack.env, ...ENV });
    const worker = await NestFactory.createApplicationContext(WorkerModule.forRoot(config), {
      logger: processLogger(config),
      abortOnError: false,
    });
    return new WebhookWorld(stack, api, worker, receiver);
  }

  async stop(): Promise<void> {
    await this.worker.close();
    await this.receiver.stop();
    await this.api.stop();
    await this.stack.stop();
  }

  /** Moves the clock of the worker, which times the retries. */
  advance(seconds: number): void {
    this.worker.get(Clock).offsetMs += seconds * 1000;
  }

  /** Creates an endpoint with its own path at the receiver. */
  async webhook(tenant: TestTenant, body: object = {}): Promise<WebhookWithSecret & { path: string }> {
    const path = `/${randomUUID()}`;
    const wanted = { url: this.receiver.url(path), ...body };
    const answer = await this.api.post('webhooks', wanted, tenant.owner.accessToken).expect(201);
    return { ...(answer.body as WebhookWithSecret), path };
  }

  /** Writes audit entries of a resource, as use cases do, and records them at once as events. */
  async happen(tenant: TestTenant, resourceId: string, ...types: EventType[]): Promise<void> {
    const of = (action: EventType) => ({ action, resourceType: action.split('.')[0]!, resourceId });
    await writeEntries(this.api, tenant.id, types.map(of));
    await this.record();
  }

  async record(): Promise<void> {
    await this.worker.get(EventRecorder).recordAll();
  }

  /** Returns the deliveries, oldest event first. */
  async deliveries(tenant: TestTenant, id: string): Promise<WebhookDelivery[]> {
    const route = `webhooks/${id}/deliveries?ordering=event_sequence`;
    const { body } = await this.api.get(route, tenant.owner.accessToken).expect(200);
    return (body as { results: WebhookDelivery[] }).results;
  }
}
