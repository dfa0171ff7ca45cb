import { messageOf } from '@coditect/local-stack/errors';
import { benchAuditExport, formatAuditExport } from './audit-export.js';
import { benchBackground, formatBackground } from './background.js';
import { bench } from './bench.js';
import { USAGE, parseAuditExportOptions, parseBackgroundOptions, parseOptions } from './options.js';
import { formatProfile, profilePhase } from './profile.js';
import { formatReport } from './report.js';

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));

process.exit(await run());

/** @returns the exit code */
async function run(): Promise<number> {
  const begun = performance.now();
  const progress = (step: string) =>
    process.stderr.write(`${((performance.now() - begun) / 1000).toFixed(1).padStart(6)} s  ${step}\n`);
  try {
    const [command, ...rest] = process.argv.slice(2);
    if (command === 'background') {
      const options = parseBackgroundOptions(rest);
      const report = await benchBackground(options, progress);
      console.log(options.json ? JSON.stringify(report) : formatBackground(report));
      return report.ok ? 0 : 1;
    }
    if (command === 'audit-export') {
      const options = parseAuditExportOptions(rest);
      const report = await benchAuditExport(options, progress);
      console.log(options.json ? JSON.stringify(report) : formatAuditExport(report));
      return report.ok ? 0 : 1;
    }
    const options = parseOptions(process.argv.slice(2), process.env);
    if (options === 'help') {
      console.log(USAGE);
      return 0;
    }
    const { json, profile } = options;
    if (profile) {
      const report = await profilePhase(profile, options, progress);
      console.log(json ? JSON.stringify(report) : formatProfile(report));
      return report.ok ? 0 : 1;
    }
    const report = await bench(options, progress);
    console.log(json ? JSON.stringify(report) : formatReport(report));
    return report.ok ? 0 : 1;
  } catch (error) {
    process.stderr.write(`Error: ${messageOf(error)}\n`);
    return 1;
  }
}
