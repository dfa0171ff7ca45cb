import { setTimeout as sleep } from 'node:timers/promises';
import { WorkerHost } from '@nestjs/bullmq';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { Config } from '#config/config';

/**
 * At shutdown, starts no new jobs and waits for the running ones, at most `workerDrainSeconds`. This must happen before
 * anything that jobs use is closed. It does, because Nest destroys the root module first, and this is its provider.
 */
@Injectable()
export class JobDrain implements OnModuleDestroy {
  private readonly logger = new Logger('jobs');

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly config: Config,
  ) {}

  async onModuleDestroy(): Promise<void> {
    const hosts = this.discovery
      .getProviders()
      .flatMap(({ instance }) => (instance instanceof WorkerHost ? instance : []));
    const done = new AbortController();
    const drained = Promise.all(hosts.map((host) => host.worker.close())).then(() => true);
    const late = sleep(this.config.workerDrainSeconds * 1000, false, { signal: done.signal }).catch(() => false);
    if (!(await Promise.race([drained, late])))
      this.logger.warn({ msg: 'jobs still running are left to other workers' });
    done.abort();
  }
}
