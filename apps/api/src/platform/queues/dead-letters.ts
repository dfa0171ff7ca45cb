import { Injectable, Logger } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import type { Job } from 'bullmq';
import { z } from 'zod';
import { Clock } from '../clock.js';
import { JobScope } from './job-processor.js';
import { JobQueues } from './job-queues.js';
import { queueNames } from './queues.js';

/** Work that was given up after its last attempt. An operator can retry it. */
export interface DeadLetter {
  /** `job:QUEUE:ID` or `outbox:TENANT:ID`. */
  id: string;
  /** The job's name, or the topic of the outbox message. */
  name: string;
  /** Null for work on all tenants. */
  tenantId: string | null;
  attempts: number;
  error: string | null;
  createdAt: Date;
  failedAt: Date;
}

/** No dead letter has this id: there never was one, or it was retried already. */
export class NoSuchDeadLetter extends Error {
  constructor(id: string) {
    super(`there is no dead letter ${id}`);
  }
}

const OutboxLetter = z.tuple([z.literal('outbox'), z.uuid(), z.uuid()]);
const JobLetter = z.tuple([z.literal('job'), z.enum(queueNames), z.string().min(1)]);

/** Lists and retries dead letters: jobs that failed for good, and outbox messages that were given up. */
@Injectable()
export class DeadLetters {
  private readonly logger = new Logger('dead-letters');

  constructor(
    private readonly db: Database,
    private readonly queues: JobQueues,
    private readonly clock: Clock,
  ) {}

  /** Returns the latest dead letters, newest first, at most `limit`. Payloads are left out, because they may contain
   *  secrets. */
  async list(limit = 100): Promise<DeadLetter[]> {
    const [messages, ...jobs] = await Promise.all([
      this.deadMessages(limit),
      ...this.queues.all().map(async (queue) => (await queue.getFailed(0, limit - 1)).map(letterOfJob)),
    ]);
    return [messages, ...jobs]
      .flat()
      .toSorted((a, b) => b.failedAt.getTime() - a.failedAt.getTime())
      .slice(0, limit);
  }

  /** Retries a dead letter now, with all its attempts.
   *  @throws NoSuchDeadLetter */
  async retry(id: string): Promise<void> {
    const [kind, where, ...rest] = id.split(':');
    const parts = [kind, where, rest.join(':')];
    const message = OutboxLetter.safeParse(parts).data;
    const job = JobLetter.safeParse(parts).data;
    const found = message
      ? await this.retryMessage(message[1], message[2])
      : job && (await this.retryJob(job[1], job[2]));
    if (!found) throw new NoSuchDeadLetter(id);
    this.logger.log({ msg: 'dead letter tried again', id });
  }

  private async deadMessages(limit: number): Promise<DeadLetter[]> {
    const rows = await this.db.system.outboxMessage.findMany({
      where: { deadAt: { not: null } },
      orderBy: [{ deadAt: 'desc' }, { id: 'desc' }],
      omit: { payload: true },
      take: limit,
    });
    return rows.map(({ tenantId, id, topic, attempts, lastError, createdAt, deadAt }) => ({
      id: `outbox:${tenantId}:${id}`,
      name: topic,
      tenantId,
      attempts,
      error: lastError,
      createdAt,
      failedAt: deadAt!,
    }));
  }

  private async retryMessage(tenantId: string, id: string): Promise<boolean> {
    const { count } = await this.db.system.outboxMessage.updateMany({
      where: { tenantId, id, deadAt: { not: null }, publishedAt: null },
      data: { deadAt: null, attempts: 0, availableAt: this.clock.now() },
    });
    return count === 1;
  }

  private async retryJob(queueName: (typeof queueNames)[number], jobId: string): Promise<boolean> {
    const job: Job | undefined = await this.queues.of(queueName).getJob(jobId);
    if (!job || !(await job.isFailed())) return false;
    await job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true });
    return true;
  }
}

function letterOfJob(job: Job): DeadLetter {
  return {
    id: `job:${job.queueName}:${job.id}`,
    name: job.name,
    tenantId: JobScope.safeParse(job.data).data?.tenantId ?? null,
    attempts: job.attemptsMade,
    error: job.failedReason ?? null,
    createdAt: new Date(job.timestamp),
    failedAt: new Date(job.finishedOn ?? job.timestamp),
  };
}
