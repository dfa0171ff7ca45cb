import { AuditArchiveRun } from '#modules/audit-archive/audit-archive-run';
import { LicenseNotices } from '#modules/notices/license-notices';
import { EventCleanup } from '#modules/webhooks/recording/event-cleanup';
import { EventRecorder } from '#modules/webhooks/recording/event-recorder';
import { UsageRetention } from '#modules/analytics/usage/usage-retention';
import { UsageSampler } from '#modules/analytics/usage/usage-sampler';
import type { Type } from '@nestjs/common';
import { IdempotencyStore } from '#platform/idempotency/idempotency-store';
import { AuditSealer } from '#modules/audit/chain/audit-sealer';
import { LedgerReconciliation } from '#modules/licenses/ledger/ledger-reconciliation';
import { SessionSweeper } from '#modules/licenses/session-ends/session-sweeper';
import { DataExportCleanup } from '#modules/tenants/exports/data-export-cleanup';
import { TenantPurge } from '#modules/tenants/closing/tenant-purge';
import { AuditPartitions } from '#modules/audit/audit-partitions';
import type { QueueName } from '#platform/queues/queues';
import { Retention } from './retention.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** An interval in ms, or a cron pattern in UTC. */
type When = { every: number } | { pattern: string };

/** Work that is done repeatedly. A job with its name is added to its queue at each time. */
export interface Schedule {
  queue: QueueName;
  name: string;
  when: When;
  /** The provider that does the work. */
  service: Type;
  /** Does the work. Its value is kept as the result of the job. */
  run: (service: unknown) => Promise<unknown>;
  /** Whether it also runs once whenever a worker starts. */
  atStart: boolean;
}

/** All scheduled work. Each must be safe to run concurrently and repeatedly. */
export const schedules: readonly Schedule[] = [
  on('maintenance', 'session-cleanup', { every: 5 * MINUTE }, SessionSweeper, counted('recorded', 'sweep')),
  on('maintenance', 'ledger-reconciliation', { every: MINUTE }, LedgerReconciliation, (s) => s.run()),
  on('maintenance', 'tenant-purge', { every: HOUR }, TenantPurge, counted('deleted', 'run')),
  on('maintenance', 'data-export-cleanup', { every: HOUR }, DataExportCleanup, (s) => s.run()),
  on('maintenance', 'license-notices', { every: HOUR }, LicenseNotices, counted('written', 'run')),
  on('maintenance', 'idempotency-keys', { every: HOUR }, IdempotencyStore, counted('deleted', 'deleteExpired')),
  on('maintenance', 'retention', { every: HOUR }, Retention, (s) => s.run()),
  {
    ...on('maintenance', 'audit-partitions', { pattern: '0 1 * * *' }, AuditPartitions, (s) => s.extend()),
    atStart: true,
  },
  on('audit', 'audit-seal', { every: 5 * SECOND }, AuditSealer, counted('sealed', 'sealAll')),
  on('audit-archive', 'audit-archive', { pattern: '0 2 * * *' }, AuditArchiveRun, async (archive) => {
    return (await archive.run()) ?? { running_elsewhere: true };
  }),
  on('events', 'event-record', { every: 2 * SECOND }, EventRecorder, counted('recorded', 'recordAll')),
  on('events', 'event-cleanup', { every: HOUR }, EventCleanup, counted('deleted', 'run')),
  // 65 seconds after the end of each five minutes, so that their heartbeats are written (see UsageSampler).
  {
    ...on('usage', 'usage-sample', { pattern: '5 1-59/5 * * * *' }, UsageSampler, counted('sampled', 'sample')),
    atStart: true,
  },
  on('usage', 'usage-retention', { every: HOUR }, UsageRetention, counted('deleted', 'deleteOld')),
];

function on<T extends object>(
  queue: QueueName,
  name: string,
  when: When,
  service: Type<T>,
  run: (service: T) => Promise<unknown>,
): Schedule {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Nest finds the instance by `service`, its class
  return { queue, name, when, service, run: (instance) => run(instance as T), atStart: false };
}

/** Makes a job result with a name from a method that returns a count. */
function counted<Method extends string>(result: string, method: Method) {
  return async (service: Record<Method, () => Promise<number>>) => ({ [result]: await service[method]() });
}
