import { Get, Headers, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Public } from '#platform/access/access';
import { ApiController } from '#platform/http/api-controller';
import { Operation } from '#platform/operation';
import { ProblemError } from '#platform/problems/problem';
import { MetricsService } from './metrics.service.js';

@ApiController('metrics')
export class MetricsController {
  constructor(private readonly metrics: MetricsService) {}

  @Get()
  @Public('Prometheus has no account; it sends METRICS_TOKEN', 'unlimited')
  @Operation({
    summary: 'Read the metrics of the process',
    description:
      'For Prometheus. Needs the configured token. Production refuses every caller if no token is configured.',
    contentType: 'text/plain; version=0.0.4; charset=utf-8',
    problems: ['unauthenticated'],
  })
  async read(
    @Headers('authorization') authorization: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    if (!this.metrics.mayRead(authorization))
      throw new ProblemError('unauthenticated', { headers: { 'www-authenticate': 'Bearer' } });
    void reply.type(this.metrics.contentType);
    return this.metrics.read();
  }
}
