import { BullModule } from '@nestjs/bullmq';
import { type DynamicModule, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import type { Config } from '#config/config';
import { JobDrain } from '#platform/queues/job-drain';
import { SchedulesModule } from '#modules/schedules/schedules.module';
import { QueueConnection } from '#platform/queues/queue-connection';
import { queueOptions } from '#platform/queues/queues';
import { MailDeliveryModule } from '#modules/mail/mail-delivery.module';
import { WorkerMetricsModule } from '#modules/metrics/metrics.module';
import { PlatformModule } from '#platform/platform.module';

/** All modules of the worker: the same services as the API, without HTTP. */
@Module({})
export class WorkerModule {
  static forRoot(config: Config): DynamicModule {
    const connection = new QueueConnection(config);
    return {
      module: WorkerModule,
      imports: [
        PlatformModule.forRoot(config),
        BullModule.forRoot(queueOptions(config, connection.cluster)),
        DiscoveryModule,
        SchedulesModule,
        MailDeliveryModule,
        WorkerMetricsModule,
      ],
      providers: [JobDrain, { provide: QueueConnection, useFactory: () => connection }],
    };
  }
}
