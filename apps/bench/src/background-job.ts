import { readFileSync } from 'node:fs';
import { loadConfig } from '@coditect/api/config/config';
import { UsageJobsModule } from '@coditect/api/modules/analytics/usage-jobs.module';
import { UsageSampler } from '@coditect/api/modules/analytics/usage/usage-sampler';
import { LedgerReconciliation } from '@coditect/api/modules/licenses/ledger/ledger-reconciliation';
import { LedgerRecovery } from '@coditect/api/modules/licenses/ledger/ledger-recovery';
import { LicensesModule } from '@coditect/api/modules/licenses/licenses.module';
import { SessionSweeper } from '@coditect/api/modules/licenses/session-ends/session-sweeper';
import { PlatformModule } from '@coditect/api/platform/platform.module';
import { processLogger } from '@coditect/api/platform/observability/process';
import { keysOf } from '@coditect/api/platform/keys-of';
import { RedisConnection } from '@coditect/api/platform/redis/redis-connection';
import { Database } from '@coditect/db/database';
import { NestFactory } from '@nestjs/core';
import type { BackgroundJob, JobMeasurement } from './background.js';

/** Runs one background job with the services of the worker and nothing else, and sends the measurement to its parent.
 *  Each job has a process of its own, so that the memory measured is that of the job. */
const config = loadConfig(process.env);
const module = {
  module: class Background {},
  imports: [PlatformModule.forRoot(config), LicensesModule, UsageJobsModule],
};
const app = await NestFactory.createApplicationContext(module, { logger: processLogger(config), abortOnError: false });

const jobs: Record<BackgroundJob, () => Promise<unknown>> = {
  'ledger-rebuild': rebuildLedgers,
  'ledger-reconciliation': () => app.get(LedgerReconciliation).run(),
  'session-cleanup': () => app.get(SessionSweeper).sweep(),
  'usage-sample': () => app.get(UsageSampler).sample(),
};

const name = keysOf(jobs).find((job) => job === process.argv[2]);
if (!name) throw new Error(`no such job: ${process.argv[2]}`);
const idleBytes = process.memoryUsage().rss;
const begun = performance.now();
const result = await jobs[name]();
const measurement: JobMeasurement = {
  result,
  seconds: (performance.now() - begun) / 1000,
  idleBytes,
  peakBytes: peakRss(),
};
await app.close();
process.send!(measurement, () => process.disconnect());

/** Deletes all ledgers, as a loss of Redis does. Then rebuilds each, as the next acquire of its license would. */
async function rebuildLedgers(): Promise<number> {
  await app.get(RedisConnection).use('', (redis) => redis.flushdb());
  const { rows } = await app
    .get(Database)
    .systemQuery<{ tenantId: string; licenseId: string }>(
      `SELECT tenant_id AS "tenantId", id AS "licenseId" FROM licenses ORDER BY tenant_id, id`,
    );
  for (const license of rows) await app.get(LedgerRecovery).rebuild(license, 'cold');
  return rows.length;
}

/** VmHWM of proc(5). Unlike getrusage(2), it does not include the process that started this one. */
function peakRss(): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
}
