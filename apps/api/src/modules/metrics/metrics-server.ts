import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Config } from '#config/config';
import { MetricsService } from './metrics.service.js';

/** Serves the metrics of the worker, which has no other HTTP server. Off unless WORKER_METRICS_PORT is set. */
@Injectable()
export class MetricsServer implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('metrics');
  private server: Server | undefined;

  constructor(
    private readonly metrics: MetricsService,
    private readonly config: Config,
  ) {}

  /** The port it listens on; undefined if it is off. */
  get port(): number | undefined {
    const address = this.server?.address();
    return typeof address === 'object' ? address?.port : undefined;
  }

  async onApplicationBootstrap(): Promise<void> {
    const { workerMetricsPort } = this.config.observability;
    if (workerMetricsPort === undefined) return;
    const server = createServer((request, response) => void this.answer(request, response));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(workerMetricsPort, this.config.host, resolve);
    });
    this.server = server;
  }

  async onApplicationShutdown(): Promise<void> {
    const { server } = this;
    if (!server) return;
    server.closeIdleConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  private async answer({ method, url, headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (method !== 'GET' || url !== '/metrics') return void response.writeHead(404).end();
      if (!this.metrics.mayRead(headers.authorization))
        return void response.writeHead(401, { 'www-authenticate': 'Bearer' }).end();
      const text = await this.metrics.read();
      response.writeHead(200, { 'content-type': this.metrics.contentType, 'cache-control': 'no-store' }).end(text);
    } catch (error) {
      this.logger.error({ msg: 'metrics cannot be read', err: error });
      response.writeHead(500).end();
    }
  }
}
