import { loadConfig } from './config/config.js';
import { runArchiveCommand } from './modules/audit-archive/archive-command.js';
import { runProcess } from './platform/process.js';

/** What operators do with archived audit entries. */
await runProcess(() =>
  runArchiveCommand(process.argv.slice(2), loadConfig(process.env), (line) => process.stdout.write(`${line}\n`)),
);
