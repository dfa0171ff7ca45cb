import { loadConfig } from '#config/config';
import { runArchiveCommand } from '#modules/audit-archive/archive-command';
import { runProcess } from '#platform/observability/process';

/** The operators' command for archived audit entries. */
await runProcess(() =>
  runArchiveCommand(process.argv.slice(2), loadConfig(process.env), (line) => process.stdout.write(`${line}\n`)),
);
