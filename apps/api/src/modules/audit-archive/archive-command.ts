import { parseArgs } from 'node:util';
import { Database } from '@coditect/db/database';
import type { Config } from '#config/config';
import { Clock } from '#platform/clock';
import { AuditService } from '#modules/audit/audit.service';
import { Month, type TenantChain } from './format/archive-manifest.js';
import { ArchiveObjects } from './format/archive-objects.js';
import { ArchiveRecords } from './archive-records.js';
import { ArchiveVerification } from './format/archive-verification.js';
import { ArchivedErasures } from './erasure/archived-erasures.js';
import { ArchivedMonths } from './archived-months.js';
import { openArchiveStore } from './stores/open-archive-store.js';

const USAGE = `usage: node apps/api/dist/audit-archive-cli.js COMMAND MONTH

  verify MONTH                              reads an archived month, such as 2026-01, and verifies all of it
  restore MONTH [--tenant SLUG] --out FILE  writes its entries, of one organization or of all, as NDJSON

  Reads the environment of the worker. Exits with 1 if something is not as it was archived, and then writes no file.
`;

/** Needs the database and the archive, and nothing else of the product.
 *  @param say is given a line of output
 *  @throws Error, of which the message is for the operator */
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

/** One range can be verified from the entry before it; several organizations, or ranges, only each for itself. */
function offlineOptions(chains: readonly TenantChain[]): string {
  const ranges = chains.flatMap((chain) => chain.ranges);
  const [range] = ranges;
  return range && ranges.length === 1 ? `--after ${range.first_sequence - 1}:${range.previous_hash}` : '--archive';
}
