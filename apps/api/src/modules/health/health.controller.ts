import { Get, Header } from '@nestjs/common';
import { Liveness, Readiness } from '@coditect/contracts/health';
import { ApiController } from '#platform/http/api-controller';
import { Public } from '#platform/access/access';
import { Operation } from '#platform/operation';
import { HealthService } from './health.service.js';

@ApiController()
export class HealthController {
  constructor(private readonly health: HealthService) {}

  /** Always answers 200. It does not check Postgres or Redis, so that an outage of them does not restart every
   *  replica. */
  @Get('healthz')
  @Public('liveness probe', 'unlimited')
  @Header('cache-control', 'no-store')
  @Operation({ summary: 'Whether the process answers', response: Liveness })
  live() {
    return { status: 'ok' };
  }

  /** 200 with the state of Postgres and Redis; 503 if acquires cannot be served. */
  @Get('readyz')
  @Public('readiness probe', 'unlimited')
  @Header('cache-control', 'no-store')
  @Operation({
    summary: 'Whether acquires can be served',
    response: Readiness,
    problems: ['temporarily_unavailable'],
  })
  ready() {
    return this.health.readiness();
  }
}
