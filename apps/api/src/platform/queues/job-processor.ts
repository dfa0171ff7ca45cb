import { randomUUID } from 'node:crypto';
import { OnWorkerEvent, WorkerHost } from '@nestjs/bullmq';
import { Logger } from '@nestjs/common';
import { type Job, UnrecoverableError } from 'bullmq';
import { z } from 'zod';
import { type RequestContext, requestStore } from '../request-context.js';

/** For whom a job works: one tenant, or explicitly the system, which sees all of them. */
export const JobScope = z.union([
  z.object({ tenantId: z.uuid(), system: z.undefined().optional() }),
  z.object({ system: z.literal(true), tenantId: z.undefined().optional() }),
]);
export type JobScope = { tenantId: string } | { system: true };

/** The request context of a job.
 *  @throws UnrecoverableError for a job that names neither a tenant nor the system, or both: trying again cannot help */
export function contextOf(job: Pick<Job, 'id' | 'name' | 'data'>): RequestContext {
  const scope = JobScope.safeParse(job.data);
  if (!scope.success) throw new UnrecoverableError(`job ${job.name} names neither its tenant nor the system`);
  const { tenantId } = scope.data;
  return { requestId: job.id ?? randomUUID(), actor: { type: 'system' }, ...(tenantId && { tenantId }) };
}

/** Runs every job of a queue in its request context, and tells what failed. Extended by the processors of all queues. */
export abstract class JobProcessor<Data extends JobScope = JobScope> extends WorkerHost {
  protected readonly logger = new Logger('jobs');

  /** Does one job. It may run twice, and twice at once: what a dead worker began is begun again. */
  protected abstract handle(job: Job<Data>): Promise<unknown>;

  override async process(job: Job<Data>): Promise<unknown> {
    return requestStore.run(contextOf(job), () => this.handle(job));
  }

  @OnWorkerEvent('failed')
  onFailed(job: Job | undefined, error: Error): void {
    const dead = job?.finishedOn !== undefined;
    this.logger[dead ? 'error' : 'warn']({
      msg: dead ? 'job given up' : 'job failed',
      queue: job?.queueName,
      job: job?.name,
      job_id: job?.id,
      attempts: job?.attemptsMade,
      err: error.message,
    });
  }

  /** Of the queue itself: Redis is away, or has forgotten the job that was running. */
  @OnWorkerEvent('error')
  onError(error: Error): void {
    this.logger.warn({ msg: 'queue error', err: error.message });
  }

  @OnWorkerEvent('stalled')
  onStalled(jobId: string): void {
    this.logger.warn({ msg: 'job of a dead worker taken over', job_id: jobId });
  }
}
