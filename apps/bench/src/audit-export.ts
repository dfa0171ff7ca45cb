import { withClient } from '@coditect/local-stack/database';
import { freePort } from '@coditect/local-stack/ports';
import { type Inspector, withInspector } from './inspector.js';
import { newRsaKey } from './keys.js';
import { MIB, rssOf } from './memory.js';
import type { AuditExportOptions } from './options.js';
import { formatTable } from './report.js';
import { type Server, startServer, useServer } from './server.js';
import { makeTenants, type Tenant } from './tenants.js';

const formats = ['csv', 'ndjson'] as const;

export interface AuditExportRow {
  format: (typeof formats)[number];
  /** Lines of the file, without a CSV header. */
  entries: number;
  seconds: number;
  entries_per_second: number;
  mib: number;
  /** Memory (RSS) of the API process before the export, and its maximum during the export. */
  idle_mib: number;
  peak_mib: number;
  /** Live memory of the API process, which garbage collection cannot free: before the export, and its maximum during
   *  the export. */
  live_before_mib: number;
  live_mib: number;
}

export interface AuditExportReport {
  node: string;
  rows: AuditExportRow[];
  /** Exports that missed entries, or held too much memory. */
  errors: string[];
  ok: boolean;
}

const FEW = 10_000;
/** Node collects garbage only when it has to. With a small heap, the memory of the process is close to what it needs.
 *  The API alone needs 78 to 97 MiB of heap: its libraries with Prisma's query compiler, and 19 MiB of source maps. */
const HEAP_MIB = 160;
/**
 * Limit of the live memory that an export adds, however many entries it has. An export needs 1 to 3 MiB: a page of
 * entries and its text. The text of 20,000 entries takes 10 MiB as CSV and 20 MiB as NDJSON; as rows they take more.
 */
export const LIVE_LIMIT_MIB = 6;
const RSS_SAMPLE_MS = 20;
/** Live memory is measured after these shares of a file have been read. The reader waits meanwhile. */
const LIVE_SAMPLES = [0.5, 0.95];
const LINE_END = 10;

/**
 * Measures exports of few and of many audit entries, each of one organization, by one API process with a small heap.
 */
export async function benchAuditExport(
  { entries }: AuditExportOptions,
  progress: (step: string) => void,
): Promise<AuditExportReport> {
  progress('starting PostgreSQL, Redis and the API');
  const port = await freePort();
  const nodeOptions = `--max-old-space-size=${HEAP_MIB} --inspect=127.0.0.1:${port}`;
  const server = await startServer(await newRsaKey(4096), { NODE_OPTIONS: nodeOptions });
  const few = Math.min(FEW, Math.ceil(entries / 10));
  const rows: AuditExportRow[] = [];
  const errors: string[] = [];
  const measureAll = async (inspector: Inspector) => {
    const { tenants } = await makeTenants(server, { tenants: 3, sessions: 0 });
    const [first, small, large] = tenants;
    if (!first || !small || !large) throw new Error('three tenants are needed');
    const warmUp = { inspector, tenant: first, count: few };
    await fill(server, first, few);
    for (const format of formats) await measure(server, { ...warmUp, format }); // what is compiled at first use
    for (const [tenant, count] of [
      [small, few],
      [large, entries],
    ] as const) {
      progress(`${count} audit entries`);
      await fill(server, tenant, count);
      for (const format of formats) {
        progress(`export as ${format}`);
        const row = await measure(server, { inspector, tenant, count, format });
        rows.push(row);
        errors.push(...faultsOf(row, count));
      }
    }
  };
  await useServer(server, () => withInspector(port, measureAll));
  return { node: process.version, rows, errors, ok: errors.length === 0 };
}

/** Returns what is wrong with an export of `count` entries. */
export function faultsOf({ format, entries, live_before_mib, live_mib }: AuditExportRow, count: number): string[] {
  const faults: string[] = [];
  // Each export adds an entry itself.
  if (entries < count) faults.push(`${format} has ${entries} of ${count} entries`);
  const held = live_mib - live_before_mib;
  if (held > LIVE_LIMIT_MIB)
    faults.push(`${format} of ${count} entries held ${held.toFixed(1)} MiB: more than ${LIVE_LIMIT_MIB}`);
  return faults;
}

/** Inserts entries as large as those of changes. Their seals have the right form but no valid hashes: an export does
 *  not check them. */
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

interface Export {
  inspector: Inspector;
  tenant: Tenant;
  /** The number of entries that the tenant has at least. */
  count: number;
  format: AuditExportRow['format'];
}

async function measure({ url, pids }: Server, { inspector, tenant, count, format }: Export): Promise<AuditExportRow> {
  const liveBefore = await inspector.liveBytes();
  let live = 0;
  const idle = rssOf(pids.api!, 'VmRSS');
  let peak = idle;
  const watch = setInterval(() => (peak = Math.max(peak, rssOf(pids.api!, 'VmRSS'))), RSS_SAMPLE_MS);
  try {
    let begun = performance.now();
    const authorization = tenant.headers[tenant.headers.indexOf('authorization') + 1]!;
    const answer = await fetch(`${url}/api/v1/audit-logs/export?format=${format}`, { headers: { authorization } });
    if (!answer.ok) throw new Error(`the export answered ${answer.status}: ${await answer.text()}`);
    let [lines, bytes, samples] = [format === 'csv' ? -1 : 0, 0, 0];
    for await (const chunk of answer.body!) {
      bytes += chunk.length;
      for (let at = chunk.indexOf(LINE_END); at >= 0; at = chunk.indexOf(LINE_END, at + 1)) lines += 1;
      if (lines < count * (LIVE_SAMPLES[samples] ?? Infinity)) continue;
      samples += 1;
      const paused = performance.now();
      live = Math.max(live, await inspector.liveBytes());
      begun += performance.now() - paused;
    }
    const seconds = (performance.now() - begun) / 1000;
    return {
      format,
      entries: lines,
      seconds,
      entries_per_second: lines / seconds,
      mib: bytes / MIB,
      idle_mib: idle / MIB,
      peak_mib: peak / MIB,
      live_before_mib: liveBefore / MIB,
      live_mib: live / MIB,
    };
  } finally {
    clearInterval(watch);
  }
}

/** Formats the report for reading. */
export function formatAuditExport({ node, rows, errors }: AuditExportReport): string {
  const head = [
    '',
    'entries',
    'seconds',
    'entries/s',
    'MiB',
    'MiB of memory before',
    'at most',
    'MiB live before',
    'at most',
  ];
  const lines = rows.map((r) => [
    r.format,
    String(r.entries),
    r.seconds.toFixed(2),
    r.entries_per_second.toFixed(0),
    r.mib.toFixed(0),
    r.idle_mib.toFixed(0),
    r.peak_mib.toFixed(0),
    r.live_before_mib.toFixed(1),
    r.live_mib.toFixed(1),
  ]);
  const wrong = errors.length === 0 ? 'none' : `\n${errors.map((error) => `  ${error}`).join('\n')}`;
  return [`Node ${node}`, '', formatTable([head, ...lines]), '', `errors  ${wrong}`].join('\n');
}
