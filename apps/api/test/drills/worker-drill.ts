import type { Job } from 'bullmq';
import { expect } from 'vitest';
import { JobQueues } from '#platform/queues/job-queues';
import type { QueueName } from '#platform/queues/queues';
import { TestApp } from '../app.js';
import { endJobClaims } from '../job-claims.js';
import { TestSmtpServer } from '../smtp-server.js';
import { WorkerProcess } from '../worker-process.js';
import { eventually } from './eventually.js';
import { withLock } from './postgres-locks.js';

/** How long another worker may take to begin, take over and finish. */
export const WITHIN_MS = 20_000;

/** What becomes of the statement during which a worker was killed. Postgres notices the death only when it answers,
 *  so it may still commit. */
export type Outcome = 'rolls back' | 'still commits';
export const outcomes: Outcome[] = ['rolls back', 'still commits'];

/** An API in this process, a mail server, and one worker as operators run it, to be killed in the middle of its
 *  jobs. */
export class WorkerDrill {
  worker!: WorkerProcess;

  private constructor(
    readonly api: TestApp,
    readonly smtp: TestSmtpServer,
    private readonly queues: JobQueues,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  /** @param env of API and workers */
  static async start(env: NodeJS.ProcessEnv = {}): Promise<WorkerDrill> {
    const [api, smtp] = await Promise.all([TestApp.start(undefined, env), new TestSmtpServer().start()]);
    const drill = new WorkerDrill(api, smtp, new JobQueues(api.config), env);
    await drill.startWorker();
    return drill;
  }

  async startWorker(env: NodeJS.ProcessEnv = {}): Promise<void> {
    this.worker = await WorkerProcess.start(this.api.stack, { SMTP_URL: this.smtp.url, ...this.env, ...env });
  }

  async stop(): Promise<void> {
    await this.worker.kill();
    await this.queues.onApplicationShutdown();
    await this.smtp.stop();
    await this.api.stop();
  }

  queue(name: QueueName) {
    return this.queues.of(name);
  }

  begin(queue: QueueName, name: string): Promise<Job> {
    return this.queue(queue).add(name, { system: true });
  }

  async stateOf(queue: QueueName, job: Job): Promise<string | undefined> {
    return (await this.queue(queue).getJob(job.id!))?.getState();
  }

  async untilCompleted(queue: QueueName, job: Job): Promise<void> {
    await eventually(async () => expect(await this.stateOf(queue, job)).toBe('completed'), WITHIN_MS);
  }

  /** Kills the worker while it waits in a statement for a table that may be read but not written. Returns the result
   *  of `begin`.
   *  @param waitsIn text near the beginning of the statement */
  async killWriting<T>(table: string, waitsIn: string, outcome: Outcome, begin: () => Promise<T>): Promise<T> {
    let begun!: T;
    await withLock(this.api.stack, [`LOCK TABLE ${table} IN SHARE MODE`], async (lock) => {
      begun = await begin();
      await lock.waiterIn(waitsIn);
      await this.worker.kill();
      if (outcome === 'rolls back') await lock.endWaiters();
    });
    return begun;
  }

  /** Starts another worker in place of the killed one, and ends the claims of that one on jobs, messages and
   *  deliveries, as happens after some time. */
  async takeOver(queue: QueueName): Promise<void> {
    await endJobClaims(this.api.redis, this.queue(queue));
    await this.api.db.systemQuery(
      `UPDATE outbox SET available_at = now() WHERE published_at IS NULL AND dead_at IS NULL`,
    );
    await this.api.db.systemQuery(
      `UPDATE webhook_deliveries SET claimed_until = now() WHERE status = 'pending' AND claimed_until IS NOT NULL`,
    );
    await this.startWorker();
  }
}
