import { createReadStream } from 'node:fs';
import { type ChainReport, ChainVerifier } from '@coditect/audit-chain/chain-verifier';
import { MalformedEntryError, parseEntry } from '@coditect/audit-chain/entry-line';
import { command } from './command.js';
import type { Io } from './context.js';
import { exitCodes, UsageError } from './exit-codes.js';

export const audit = command({
  summary: 'verify an exported audit log without the server',
  usage: 'verify FILE|- [--partial] [--anchor HASH]',
  help: `  FILE             an NDJSON export of audit entries; - is standard input
  --partial        the export was filtered: it may begin anywhere and have gaps
  --anchor HASH    the last hash of an earlier verification: one entry must have it, or the log was written anew

  exits with 0 if the log is as it was sealed, 1 if not, 2 if it cannot be read`,
  options: { partial: { type: 'boolean' }, anchor: { type: 'string' } },
  async run({ io }, { partial = false, anchor }, [action, file, ...more]) {
    if (action !== 'verify' || file === undefined || more.length > 0)
      throw new UsageError('audit takes "verify" and one file');
    const report = await verifyExport(linesOf(io, file), { partial, anchor });
    return { data: report, text: reportText(report), exitCode: report.valid ? exitCodes.ok : exitCodes.other };
  },
});

interface ExportReport extends ChainReport {
  /** Only when one was given: whether an entry has the hash. */
  anchored?: boolean;
}

async function verifyExport(
  lines: AsyncIterable<string>,
  { partial, anchor }: { partial: boolean; anchor: string | undefined },
): Promise<ExportReport> {
  const verifier = new ChainVerifier({ partial });
  let anchored = false;
  let number = 0;
  for await (const line of lines) {
    number += 1;
    const entry = readEntry(line, number);
    if (!verifier.add(entry)) break;
    anchored ||= entry.hash === anchor;
  }
  const { report } = verifier;
  return anchor === undefined ? report : { ...report, valid: report.valid && anchored, anchored };
}

/** @throws {UsageError} if the file cannot be read */
async function* linesOf(io: Io, file: string): AsyncGenerator<string> {
  const input = file === '-' ? io.stdin : createReadStream(file);
  input.setEncoding('utf8');
  let rest = '';
  try {
    for await (const chunk of input as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } catch (cause) {
    throw new UsageError(`${file} cannot be read`, { cause });
  }
  if (rest !== '') yield rest;
}

function readEntry(line: string, number: number) {
  try {
    return parseEntry(line);
  } catch (cause) {
    if (!(cause instanceof MalformedEntryError)) throw cause;
    throw new UsageError(`line ${number} is no exported audit entry: ${cause.message}`, { cause });
  }
}

const reasons = {
  gap: 'it is missing',
  link_mismatch: 'it does not follow the one before',
  hash_mismatch: 'it was changed',
  digest_mismatch: 'who did it or what changed is not what was sealed',
};

function reportText(report: ExportReport): string {
  const { entries, first_sequence: first, last_sequence: last, last_hash: hash, erased, broken_at: broken } = report;
  return [
    report.valid ? 'The audit log is as it was sealed.' : 'The audit log is NOT as it was sealed.',
    ...(broken ? [`  broken at    ${broken.sequence}: ${reasons[broken.reason]} (${broken.reason})`] : []),
    ...(report.anchored === false ? ['  anchor       no verified entry has that hash'] : []),
    `  verified     ${entries} entries${entries > 0 ? `, ${first} to ${last}` : ''}`,
    ...(erased > 0 ? [`  erased       ${erased} of them of personal data`] : []),
    `  last hash    ${hash ?? '-'}`,
  ].join('\n');
}
