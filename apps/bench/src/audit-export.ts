import { withClient } from '@coditect/local-stack/database';
import { newRsaKey } from './keys.js';
import { MIB, rssOf } from './memory.js';
import type { AuditExportOptions } from './options.js';
import { formatTable } from './report.js';
import { type Server, startServer } from './server.js';
import { makeTenants, type Tenant } from './tenants.js';

const formats = ['csv', 'ndjson'] as const;

export interface AuditExportRow {
  format: (typeof formats)[number];
  /** Lines of the file, without the head of a table. */
  entries: number;
  seconds: number;
  entries_per_second: number;
  mib: number;
  /** Memory (RSS) of the API process before the export, and at most during it. */
  idle_mib: number;
  peak_mib: number;
}

export interface AuditExportReport {
  node: string;
  rows: AuditExportRow[];
  /** Exports that did not hold every entry. */
  errors: string[];
  ok: boolean;
}

const FEW = 10_000;
/** Node collects garbage when it must: with a small heap, an export whose memory grows with the entries ends. */
const HEAP_MIB = 96;
const SAMPLE_MS = 20;
const LINE_END = 10;

/** Measures exports of few and of many audit entries, of one organization each, through one API process with a small heap. */
export async function benchAuditExport(
  { entries }: AuditExportOptions,
  progress: (step: string) => void,
): Promise<AuditExportReport> {
  progress('starting PostgreSQL, Redis and the API');
  const server = await startServer(await newRsaKey(4096), { NODE_OPTIONS: `--max-old-space-size=${HEAP_MIB}` });
  const few = Math.min(FEW, Math.ceil(entries / 10));
  const rows: AuditExportRow[] = [];
  const errors: string[] = [];
  try {
    const { tenants } = await makeTenants(server, { tenants: 3, sessions: 0 });
    const [first, small, large] = tenants;
    if (!first || !small || !large) throw new Error('three tenants are needed');
    await fill(server, first, few);
    for (const format of formats) await measure(server, first, format); // what is compiled at first use
    for (const [tenant, count] of [
      [small, few],
      [large, entries],
    ] as const) {
      progress(`${count} audit entries`);
      await fill(server, tenant, count);
      for (const format of formats) {
        progress(`export as ${format}`);
        const row = await measure(server, tenant, format);
        rows.push(row);
        // Exports are entries themselves.
        if (row.entries < count) errors.push(`${format} has ${row.entries} of ${count} entries`);
      }
    }
  } finally {
    await server.stop();
  }
  return { node: process.version, rows, errors, ok: errors.length === 0 };
}

/** Entries as large as those of changes are. They are sealed in form only: an export does not look into the hashes. */
async function fill({ own }: Server, tenant: Tenant, count: number): Promise<void> {
  await withClient(own!.ownerDatabaseUrl, async (owner) => {
    await owner.query(`UPDATE users SET role = 'owner' WHERE tenant_id = $1`, [tenant.id]);
    await owner.query('DELETE FROM audit_logs WHERE tenant_id = $1', [tenant.id]);
    await owner.query(
      `INSERT INTO audit_logs (tenant_id, id, occurred_at, actor_type, actor_name, action, resource_type, resource_id, after,
         user_agent, ip, request_id, sequence, previous_hash, hash, actor_digest, detail_digest, actor_salt, detail_salt)
       SELECT $1, gen_random_uuid(), now() - make_interval(secs => ($2 - n) / 10.0), 'user', 'user-' || n || '@example.test',
         'project.updated', 'project', gen_random_uuid()::text, jsonb_build_object('description', repeat('x', 200)),
         'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', '203.0.113.7', gen_random_uuid()::text,
         n, x, x, x, x, substr(x, 1, 16), substr(x, 1, 16)
       FROM generate_series(1, $2::int) AS n, sha256('x') AS x`,
      [tenant.id, count],
    );
    await owner.query('VACUUM (ANALYZE) audit_logs');
  });
}

async function measure(
  { url, pids }: Server,
  { headers }: Tenant,
  format: AuditExportRow['format'],
): Promise<AuditExportRow> {
  const idle = rssOf(pids.api!, 'VmRSS');
  let peak = idle;
  const watch = setInterval(() => (peak = Math.max(peak, rssOf(pids.api!, 'VmRSS'))), SAMPLE_MS);
  try {
    const begun = performance.now();
    const authorization = headers[headers.indexOf('authorization') + 1]!;
    const answer = await fetch(`${url}/api/v1/audit-logs/export?format=${format}`, { headers: { authorization } });
    if (!answer.ok) throw new Error(`the export answered ${answer.status}: ${await answer.text()}`);
    let [lines, bytes] = [format === 'csv' ? -1 : 0, 0];
    for await (const chunk of answer.body!) {
      bytes += chunk.length;
      for (let at = chunk.indexOf(LINE_END); at >= 0; at = chunk.indexOf(LINE_END, at + 1)) lines += 1;
    }
    const seconds = (performance.now() - begun) / 1000;
    return {
      ...{ format, entries: lines, seconds, entries_per_second: lines / seconds, mib: bytes / MIB },
      ...{ idle_mib: idle / MIB, peak_mib: peak / MIB },
    };
  } finally {
    clearInterval(watch);
  }
}

/** The report for people. */
export function formatAuditExport({ node, rows, errors }: AuditExportReport): string {
  const head = ['', 'entries', 'seconds', 'entries/s', 'MiB', 'MiB of memory before', 'at most'];
  const lines = rows.map((r) => [
    r.format,
    String(r.entries),
    r.seconds.toFixed(2),
    r.entries_per_second.toFixed(0),
    r.mib.toFixed(0),
    r.idle_mib.toFixed(0),
    r.peak_mib.toFixed(0),
  ]);
  const wrong = errors.length === 0 ? 'none' : `\n${errors.map((error) => `  ${error}`).join('\n')}`;
  return [`Node ${node}`, '', formatTable([head, ...lines]), '', `errors  ${wrong}`].join('\n');
}
