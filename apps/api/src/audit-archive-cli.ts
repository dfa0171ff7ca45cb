import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { Module, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type Config, loadConfig } from './config/config.js';
import { Month, type TenantChain } from './modules/audit-archive/archive-manifest.js';
import { ArchivedMonths } from './modules/audit-archive/archived-months.js';
import { AuditArchiveModule } from './modules/audit-archive/audit-archive.module.js';
import { PlatformModule } from './platform/platform.module.js';
import { runProcess } from './platform/process.js';

const USAGE = `usage: node apps/api/dist/audit-archive-cli.js COMMAND MONTH

  verify MONTH                                    reads an archived month, such as 2026-01, and verifies all of it
  restore MONTH [--tenant SLUG] --out FILE        writes its entries, of one organization or of all, as NDJSON

  reads the environment of the worker; exits with 1 if something is not as it was archived, and then writes no file`;

@Module({})
class ArchiveCliModule {
  static forRoot(config: Config): DynamicModule {
    return { module: ArchiveCliModule, imports: [PlatformModule.forRoot(config), AuditArchiveModule] };
  }
}

/** What operators do with archived audit entries. */
await runProcess(async () => {
  const { command, month, out, tenant } = parse(process.argv.slice(2));
  const app = await NestFactory.createApplicationContext(ArchiveCliModule.forRoot(loadConfig(process.env)), {
    logger: ['fatal', 'error', 'warn'],
    abortOnError: false,
  });
  try {
    const months = app.get(ArchivedMonths);
    if (command === 'verify') {
      const { rows, objects, tenants } = await months.verify(month);
      say(`${month} is as it was archived: ${rows} entries of ${tenants.length} organizations in ${objects.length} objects`);
    } else {
      const chains = await months.restore(month, out, tenant);
      say(`${chains.reduce((sum, { rows }) => sum + rows, 0)} entries of ${month} are in ${out}; verify them offline with`);
      say(`  coditect-license audit verify ${offlineOptions(chains)} ${out}`);
    }
  } finally {
    await app.close();
  }
});

function parse(args: string[]) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { tenant: { type: 'string' }, out: { type: 'string' } },
  });
  const [command, month, ...more] = positionals;
  const known = command === 'verify' ? values.out === undefined : command === 'restore' && values.out !== undefined;
  if (!known || more.length > 0 || !Month.safeParse(month).success) throw new Error(USAGE);
  return { command, month: month!, out: values.out ?? '', tenant: values.tenant };
}

/** One range can be verified from the entry before it; several organizations, or ranges, only each for itself. */
function offlineOptions(chains: readonly TenantChain[]): string {
  const ranges = chains.flatMap((chain) => chain.ranges);
  const { first_sequence, previous_hash } = ranges[0]!;
  return ranges.length === 1 ? `--after ${first_sequence - 1}:${previous_hash}` : '--archive';
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
