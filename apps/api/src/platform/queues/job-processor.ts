import { randomUUID } from 'node:crypto';
import { OnWorkerEvent, WorkerHost } from '@nestjs/bullmq';
import { Logger } from '@nestjs/common';
import { type Job, UnrecoverableError } from 'bullmq';
import { z } from 'zod';
import { type RequestContext, requestStore } from '../request-context.js';

/** The scope of a job: one tenant, or explicitly the system, which sees all tenants. */
export const JobScope = z.union([
  z.object({ tenantId: z.uuid(), system: z.undefined().optional() }),
  z.object({ system: z.literal(true), tenantId: z.undefined().optional() }),
]);
export type JobScope = { tenantId: string } | { system: true };

/** Returns the request context of a job.
 *  @throws UnrecoverableError if the job names neither a tenant nor the system, or both: a retry cannot help */
export function contextOf(job: Pick<Job, 'id' | 'name' | 'data'>): RequestContext {
  const scope = JobScope.safeParse(job.data);
  if (!scope.success) throw new UnrecoverableError(`job ${job.name} names neither its tenant nor the system`);
  const { tenantId } = scope.data;
  return { requestId: job.id ?? randomUUID(), actor: { type: 'system' }, ...(tenantId && { tenantId }) };
}

/** Runs the jobs of a queue in their request context, and logs failures. The processors of all queues extend it. */
export abstract class JobProcessor<Data extends JobScope = JobScope> extends WorkerHost {
  protected readonly logger = new Logger('jobs');

  /** Does one job. It must be safe to run repeatedly and concurrently: a job that a dead worker began is begun
   *  again. */
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

  /** Called for errors of the queue itself: Redis is down, or has lost the running job. */
  @OnWorkerEvent('error')
  onError(error: Error): void {
    this.logger.warn({ msg: 'queue error', err: error.message });
  }

  @OnWorkerEvent('stalled')
  onStalled(jobId: string): void {
    this.logger.warn({ msg: 'job of a dead worker taken over', job_id: jobId });
  }
}
