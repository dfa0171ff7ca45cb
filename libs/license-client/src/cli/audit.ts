import { createReadStream } from 'node:fs';
import { type ChainReport, ChainVerifier } from '@coditect/audit-chain/chain-verifier';
import { MalformedEntryError, parseEntry } from '@coditect/audit-chain/entry-line';
import type { ChainHead, SealedEntry } from '@coditect/audit-chain/entry';
import { command } from './command.js';
import type { Io } from './context.js';
import { exitCodes, UsageError } from './exit-codes.js';

export const audit = command({
  summary: 'verify an exported audit log without the server',
  usage: 'verify FILE|- … [--partial | --after SEQUENCE:HASH | --archive] [--anchor HASH]',
  help: `  FILE                   an NDJSON export of audit entries; - is standard input. Several files are verified as
                         one log, such as restored archives and the export that continues after them
  --partial              the export was filtered: it may start anywhere and have gaps
  --after SEQUENCE:HASH  entries up to this one are archived: the log continues after it
  --archive              a restored archive, of one organization or of several
  --anchor HASH          the last hash of an earlier verification: one entry must have it, or the log was rewritten

  exits with 0 if the log is intact, 1 if not, 2 if it cannot be read`,
  options: {
    partial: { type: 'boolean' },
    after: { type: 'string' },
    archive: { type: 'boolean' },
    anchor: { type: 'string' },
  },
  async run({ io }, { partial = false, after, archive = false, anchor }, [action, ...files]) {
    if (action !== 'verify' || files.length === 0) throw new UsageError('audit needs "verify" and a file');
    if ([partial, after !== undefined, archive].filter(Boolean).length > 1)
      throw new UsageError('only one of --partial, --after and --archive can be given');
    const start = after === undefined ? undefined : parseHead(after);
    const entries = inOrder(files.map((file) => entriesOf(io, file)));
    const report = await verifyExport(entries, { partial, start, archive, anchor });
    return { data: report, text: reportText(report), exitCode: report.valid ? exitCodes.ok : exitCodes.other };
  },
});

interface ExportReport extends ChainReport {
  /** Whether an entry has the anchor hash. Only if an anchor was given. */
  anchored?: boolean;
  /** How many organizations have entries, and whose chain is broken. Only for an archive. */
  organizations?: number;
  broken_in?: string;
}

interface ExportOptions {
  partial: boolean;
  start: ChainHead | undefined;
  archive: boolean;
  anchor: string | undefined;
}

async function verifyExport(
  entries: AsyncIterable<SealedEntry>,
  { partial, start, archive, anchor }: ExportOptions,
): Promise<ExportReport> {
  const newChain = () => new ChainVerifier({ partial: partial || archive, ...(start && { start }) });
  const chains = new Map<string, ChainVerifier>();
  let anchored = false;
  let brokenIn: string | undefined;
  for await (const entry of entries) {
    const whose = archive ? entry.tenant_id : '';
    const verifier = chains.get(whose) ?? newChain();
    chains.set(whose, verifier);
    if (!verifier.add(entry)) {
      brokenIn = entry.tenant_id;
      break;
    }
    anchored ||= entry.hash === anchor;
  }
  const reports = [...chains.values()].map(({ report }) => report);
  const report = archive
    ? { ...summary(reports), organizations: reports.length, ...(brokenIn !== undefined && { broken_in: brokenIn }) }
    : (reports[0] ?? newChain().report);
  return anchor === undefined ? report : { ...report, valid: report.valid && anchored, anchored };
}

/** Adds up the reports. With several chains there is no first and last entry. */
function summary(reports: readonly ChainReport[]): ChainReport {
  const broken = reports.find(({ valid }) => !valid)?.broken_at;
  const sum = (count: (report: ChainReport) => number) => reports.reduce((total, report) => total + count(report), 0);
  return {
    valid: broken === undefined,
    first_sequence: null,
    last_sequence: null,
    last_hash: null,
    entries: sum(({ entries }) => entries),
    erased: sum(({ erased }) => erased),
    ...(reports.length === 1 && reports[0]),
    ...(broken && { broken_at: broken }),
  };
}

/** @throws {UsageError} if it is not SEQUENCE:HASH */
function parseHead(text: string): ChainHead {
  const [, sequence, hash] = /^(\d{1,15}):([\w-]{43})$/.exec(text) ?? [];
  if (sequence === undefined || hash === undefined)
    throw new UsageError('--after takes the sequence and the hash of an entry, with a colon between');
  return { sequence: Number(sequence), hash };
}

/** Merges the entries of several files. Each file is in the order of its chains, but two files may overlap: files end with
 *  a month of `occurred_at`, while a chain has the order of sealing. */
async function* inOrder(sources: AsyncGenerator<SealedEntry>[]): AsyncGenerator<SealedEntry> {
  const heads = new Map<AsyncGenerator<SealedEntry>, SealedEntry>();
  const advance = async (source: AsyncGenerator<SealedEntry>) => {
    const next = await source.next();
    if (next.done) heads.delete(source);
    else heads.set(source, next.value);
  };
  try {
    for (const source of sources) await advance(source);
    while (heads.size > 0) {
      const [source, entry] = [...heads].reduce((first, head) => (precedes(head[1], first[1]) ? head : first));
      yield entry;
      await advance(source);
    }
  } finally {
    for (const source of sources) await source.return(undefined);
  }
}

function precedes(a: SealedEntry, b: SealedEntry): boolean {
  return a.tenant_id === b.tenant_id ? a.sequence < b.sequence : a.tenant_id < b.tenant_id;
}

async function* entriesOf(io: Io, file: string): AsyncGenerator<SealedEntry> {
  let number = 0;
  for await (const line of linesOf(io, file)) yield readEntry(line, `line ${(number += 1)} of ${file}`);
}

/** @throws {UsageError} if the file cannot be read */
async function* linesOf(io: Io, file: string): AsyncGenerator<string> {
  const input = file === '-' ? io.stdin : createReadStream(file);
  input.setEncoding('utf8');
  let rest = '';
  try {
    for await (const chunk of input) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } catch (cause) {
    throw new UsageError(`${file} cannot be read`, { cause });
  }
  if (rest !== '') yield rest;
}

function readEntry(line: string, place: string): SealedEntry {
  try {
    return parseEntry(line);
  } catch (cause) {
    if (!(cause instanceof MalformedEntryError)) throw cause;
    throw new UsageError(`${place} is not an exported audit entry: ${cause.message}`, { cause });
  }
}

const reasons = {
  gap: 'it is missing',
  link_mismatch: 'it does not follow the one before',
  hash_mismatch: 'it was changed',
  digest_mismatch: 'the actor or the changes differ from the seal',
};

function reportText(report: ExportReport): string {
  const { entries, first_sequence: first, last_sequence: last, last_hash: hash, erased, broken_at: broken } = report;
  return [
    report.valid ? 'The audit log is intact.' : 'The audit log is NOT intact.',
    ...(broken ? [`  broken at    ${broken.sequence}: ${reasons[broken.reason]} (${broken.reason})`] : []),
    ...(broken && report.broken_in !== undefined ? [`  broken in    organization ${report.broken_in}`] : []),
    ...(report.anchored === false ? ['  anchor       no verified entry has that hash'] : []),
    `  verified     ${entries} entries${first === null ? '' : `, ${first} to ${last}`}`,
    ...(report.organizations !== undefined && report.organizations > 1
      ? [`  of           ${report.organizations} organizations`]
      : []),
    ...(erased > 0 ? [`  erased       ${erased} of them of personal data`] : []),
    `  last hash    ${hash ?? '-'}`,
  ].join('\n');
}
