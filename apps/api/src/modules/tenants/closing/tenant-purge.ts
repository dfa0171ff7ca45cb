import { Injectable, Logger } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import { SeatLedger } from '#modules/licenses/ledger/seat-ledger';
import { DataExportFiles } from '../exports/data-export-files.js';
import { type TenantTable, tenantTables } from '../exports/tenant-tables.js';

const ROWS_A_BATCH = 5_000;

/** SQL: closed, and the grace period is over by the database's own clock. So a process with a wrong clock deletes
 *  nothing early. */
const DUE = `status = 'closed' AND delete_after <= clock_timestamp()`;

/**
 * Deletes all data of closed tenants whose grace period is over. Each batch is its own transaction: it checks again
 * that the tenant is due, and locks it against reopening. The tenant's own row is deleted last. So the purge can be
 * killed at any time, repeated, and run concurrently.
 */
@Injectable()
export class TenantPurge {
  private readonly logger = new Logger('tenant-purge');

  constructor(
    private readonly db: Database,
    private readonly ledger: SeatLedger,
    private readonly files: DataExportFiles,
  ) {}

  /** Deletes all due tenants. The next run tries again what failed.
   *  @returns the number of deleted tenants
   *  @throws Error if a tenant could not be deleted, after all others were tried */
  async run(): Promise<number> {
    const { rows } = await this.db.systemQuery<{ id: string }>(
      `SELECT id FROM tenants WHERE ${DUE} ORDER BY delete_after`,
    );
    let gone = 0;
    let failed = 0;
    for (const { id } of rows) {
      try {
        if (await this.purge(id)) gone += 1;
      } catch (error) {
        failed += 1;
        this.logger.error({ msg: 'tenant could not be deleted', tenant_id: id, err: String(error) });
      }
    }
    if (failed > 0) throw new Error(`${failed} of ${rows.length} tenants could not be deleted`);
    return gone;
  }

  private async purge(tenantId: string): Promise<boolean> {
    if (!(await this.isDue(tenantId))) return false;
    const deleted: Record<string, number> = {};
    for (const table of tenantTables) {
      if (table.tenantColumn === 'id') continue;
      if (table.name === 'licenses') await this.eraseLedgers(tenantId);
      deleted[table.name] = await this.deleteRows(tenantId, table);
    }
    await this.db.systemQuery('DELETE FROM device_authorizations WHERE approved_tenant_id = $1', [tenantId]);
    await this.files.removeAllOf(tenantId);
    const { rowCount } = await this.db.systemQuery(`DELETE FROM tenants WHERE id = $1 AND ${DUE}`, [tenantId]);
    if (rowCount === 0) return false; // another worker has deleted it
    this.logger.log({ msg: 'tenant deleted', tenant_id: tenantId, rows: deleted });
    return true;
  }

  /** Whether the tenant is due. Waits for a reopening in progress. Once true it stays true, because reopening is
   *  refused then. */
  private async isDue(tenantId: string): Promise<boolean> {
    const { rowCount } = await this.db.systemQuery(`SELECT FROM tenants WHERE id = $1 AND ${DUE} FOR SHARE`, [
      tenantId,
    ]);
    return rowCount === 1;
  }

  /** Deletes the rows of a table batch by batch until no row is found. A batch that found rows but deleted none is not
   *  the end: another worker has deleted them first. */
  private async deleteRows(tenantId: string, { name, key }: TenantTable): Promise<number> {
    const text =
      name === 'audit_logs' || name === 'audit_chain_cuts'
        ? // No role may delete from these two tables. Only this SQL function can; it checks the same condition.
          `SELECT n AS found, n AS deleted FROM purge_tenant_audit($1, $2) AS n`
        : `WITH due AS (
             SELECT id FROM tenants WHERE id = $1 AND ${DUE} FOR SHARE
           ), found AS (
             SELECT ${key.join(', ')} FROM ${name} WHERE tenant_id = (SELECT id FROM due) LIMIT $2
           ), deleted AS (
             DELETE FROM ${name} WHERE tenant_id = $1 AND (${key.join(', ')}) IN (SELECT * FROM found) RETURNING 1
           )
           SELECT (SELECT count(*) FROM found)::int AS found, (SELECT count(*) FROM deleted)::int AS deleted`;
    let total = 0;
    for (;;) {
      const { rows } = await this.db.systemQuery<{ found: number; deleted: number }>(text, [tenantId, ROWS_A_BATCH]);
      const { found, deleted } = rows[0] ?? { found: 0, deleted: 0 };
      total += deleted;
      if (found === 0) return total;
    }
  }

  /** Erases the seat ledgers of a tenant in Redis. Called after its users are deleted, because an acquire could create
   *  a ledger again, and before its licenses are deleted, because their ids are needed. */
  private async eraseLedgers(tenantId: string): Promise<void> {
    const { rows } = await this.db.systemQuery<{ id: string }>('SELECT id FROM licenses WHERE tenant_id = $1', [
      tenantId,
    ]);
    for (const { id } of rows) await this.ledger.erase({ tenantId, licenseId: id });
  }
}
