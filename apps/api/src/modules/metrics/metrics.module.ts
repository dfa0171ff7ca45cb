import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { MetricsController } from './metrics.controller.js';
import { MetricsServer } from './metrics-server.js';
import { MetricsService } from './metrics.service.js';
import { QueueMetrics } from './queue-metrics.js';
import { StoredMetrics } from './stored-metrics.js';

const providers = [MetricsService, QueueMetrics, StoredMetrics];

/** The metrics of the API, at a route. */
@Module({ imports: [DiscoveryModule], controllers: [MetricsController], providers })
export class MetricsModule {}

/** The metrics of the worker, at a port of their own. */
@Module({ imports: [DiscoveryModule], providers: [...providers, MetricsServer] })
export class WorkerMetricsModule {}
