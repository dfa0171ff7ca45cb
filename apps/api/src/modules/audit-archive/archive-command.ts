import { parseArgs } from 'node:util';
import { Database } from '@coditect/db/database';
import type { Config } from '#config/config';
import { Clock } from '#platform/clock';
import { AuditService } from '#modules/audit/audit.service';
import { Month, type TenantChain } from './months/archive-manifest.js';
import { ArchiveObjects } from './months/archive-objects.js';
import { ArchiveRecords } from './months/archive-records.js';
import { ArchiveVerification } from './months/archive-verification.js';
import { ArchivedErasures } from './erasure/archived-erasures.js';
import { ArchivedMonths } from './archived-months.js';
import { openArchiveStore } from './stores/open-archive-store.js';

const USAGE = `usage: node apps/api/dist/audit-archive-cli.js COMMAND MONTH

  verify MONTH                              reads and verifies an archived month, such as 2026-01
  restore MONTH [--tenant SLUG] --out FILE  writes the entries of one or all organizations as NDJSON

  Reads the environment of the worker. Exits with 1 and writes no file if the archive is damaged.
`;

/** Runs one command. Needs only the database and the archive.
 *  @param say called with each line of output
 *  @throws Error with a message for the operator */
export async function runArchiveCommand(args: string[], config: Config, say: (line: string) => void): Promise<void> {
  const { command, month, out, tenant } = parse(args);
  const db = new Database(config.database);
  try {
    const months = await archivedMonths(db, config);
    if (command === 'verify') {
      const { rows, objects, tenants } = await months.verify(month);
      const size = `${rows} entries of ${tenants.length} organizations in ${objects.length} objects`;
      say(`${month} is as it was archived: ${size}`);
    } else {
      const chains = await months.restore(month, out, tenant);
      const rows = chains.reduce((sum, chain) => sum + chain.rows, 0);
      say(`${rows} entries of ${month} are in ${out}. To verify them offline:`);
      say(`  coditect-license audit verify ${offlineOptions(chains)} ${out}`);
    }
  } finally {
    await db.close();
  }
}

async function archivedMonths(db: Database, config: Config): Promise<ArchivedMonths> {
  const [clock, store] = [new Clock(), await openArchiveStore(config)];
  const objects = new ArchiveObjects(store);
  const records = new ArchiveRecords(db, store, clock);
  const verification = new ArchiveVerification(objects);
  const audit = new AuditService(clock);
  const erasures = new ArchivedErasures(db, clock, audit, store, records, objects, verification);
  return new ArchivedMonths(db, clock, records, verification, erasures);
}

function parse(args: string[]) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { tenant: { type: 'string' }, out: { type: 'string' } },
  });
  const [command, month = '', ...more] = positionals;
  const { out = '', tenant } = values;
  const known = command === 'verify' ? !out && tenant === undefined : command === 'restore' && out !== '';
  if (!known || more.length > 0 || !Month.safeParse(month).success) throw new Error(USAGE);
  return { command, month, out, tenant };
}

/** Returns the options that verify the file offline. A single range joins on to the entry before it (`--after`).
 *  Several ranges or organizations are verified each on their own (`--archive`). */
function offlineOptions(chains: readonly TenantChain[]): string {
  const ranges = chains.flatMap((chain) => chain.ranges);
  const [range] = ranges;
  return range && ranges.length === 1 ? `--after ${range.first_sequence - 1}:${range.previous_hash}` : '--archive';
}
