import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { Queue } from 'bullmq';
import { Gauge } from 'prom-client';
import { registry } from '#platform/observability/metrics';

const STATES = ['waiting', 'active', 'delayed', 'failed'] as const;
const ANSWER_WITHIN_MS = 2_000;

const jobs = new Gauge({
  name: 'queue_jobs',
  help: 'Jobs by queue and state.',
  labelNames: ['queue', 'state'] as const,
  registers: [registry],
});
const oldest = new Gauge({
  name: 'queue_oldest_waiting_age_seconds',
  help: 'How long the oldest waiting job of a queue has waited; 0 if none waits.',
  labelNames: ['queue'] as const,
  registers: [registry],
});

/** The metrics of all queues in this process. A worker has all queues. */
@Injectable()
export class QueueMetrics {
  constructor(private readonly discovery: DiscoveryService) {}

  /** Reads the queues. Never throws: without Redis these metrics have no values. */
  async refresh(): Promise<void> {
    jobs.reset();
    oldest.reset();
    await Promise.all(this.queues().map((queue) => Promise.race([show(queue), silence()]).catch(() => {})));
  }

  private queues(): Queue[] {
    const instances = this.discovery.getProviders().map(({ instance }): unknown => instance);
    return [...new Set(instances.filter((instance) => instance instanceof Queue))];
  }
}

async function show(queue: Queue): Promise<void> {
  const [counts, [first]] = await Promise.all([queue.getJobCounts(...STATES), queue.getWaiting(0, 0)]);
  for (const state of STATES) jobs.set({ queue: queue.name, state }, counts[state] ?? 0);
  // A scheduled job is added long before it is due, so its delay does not count as waiting.
  const due = first && first.timestamp + (first.opts.delay ?? 0);
  oldest.set({ queue: queue.name }, due ? Math.max(0, (Date.now() - due) / 1000) : 0);
}

/** Limits the wait, because BullMQ waits for Redis without a limit. */
function silence(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ANSWER_WITHIN_MS).unref();
  });
}
