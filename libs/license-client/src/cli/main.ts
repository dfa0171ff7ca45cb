import { LicenseClientError } from '../errors.js';
import { acquire } from './acquire.js';
import { audit } from './audit.js';
import type { Command } from './command.js';
import type { Io } from './context.js';
import { exitCodeHelp, exitCodeOf, exitCodes, UsageError } from './exit-codes.js';
import { heartbeat } from './heartbeat.js';
import { login } from './login.js';
import { logout } from './logout.js';
import { release } from './release.js';
import { run } from './run.js';
import { status } from './status.js';
import { verify } from './verify.js';

const commands: Record<string, Command> = { login, logout, acquire, status, heartbeat, release, verify, audit, run };

const NAME = 'coditect-license';

/** Runs one command line and returns its exit code. */
export async function main(args: string[], io: Io): Promise<number> {
  const [name, ...rest] = args;
  // arguments after -- belong to the command that is run
  const own = args.slice(0, args.includes('--') ? args.indexOf('--') : undefined);
  const json = own.includes('--json');
  try {
    const chosen = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (own.includes('--help') || own.includes('-h') || name === 'help') {
      io.stdout.write(`${chosen ? commandHelp(name ?? '', chosen) : generalHelp()}\n`);
      return exitCodes.ok;
    }
    if (!chosen) throw new UsageError(name === undefined ? 'no command given' : `unknown command: ${name}`);
    const report = await chosen.execute(rest, io);
    if (typeof report === 'number') return report;
    io.stdout.write(json ? `${JSON.stringify(report.data)}\n` : `${report.text}\n`);
    return report.exitCode ?? exitCodes.ok;
  } catch (error) {
    tell(error, json, io);
    return exitCodeOf(error);
  }
}

function tell(error: unknown, json: boolean, io: Io): void {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof LicenseClientError || error instanceof UsageError ? error.code : 'internal_error';
  const requestId = error instanceof LicenseClientError ? error.requestId : undefined;
  if (json) io.stdout.write(`${JSON.stringify({ error: { code, message, request_id: requestId } })}\n`);
  const lines = [
    `${message} [${code}${requestId ? `, request ${requestId}` : ''}]`,
    ...(code === 'not_signed_in' ? [`sign in first with "${NAME} login", or set CODITECT_API_KEY on a machine`] : []),
    ...(error instanceof UsageError ? [`see ${NAME} --help`] : []),
  ];
  for (const line of lines) io.stderr.write(`${NAME}: ${line}\n`);
}

function generalHelp(): string {
  const names = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`);
  return `Usage: ${NAME} COMMAND [OPTIONS]

${names.join('\n')}

Options of every command:
  --server URL   the license server; default: CODITECT_SERVER, else http://127.0.0.1:3000
  --json         print one JSON object; errors as {"error":{"code","message"}}
  --help         explain a command

${exitCodeHelp}
     "run" passes on the exit code of its command.

Environment: CODITECT_SERVER, CODITECT_API_KEY, CODITECT_PASSWORD, CODITECT_CONFIG_DIR, CODITECT_MACHINE_ID`;
}

function commandHelp(name: string, { summary, usage, help }: Command): string {
  const head = `Usage: ${[NAME, name, usage].filter(Boolean).join(' ')}\n\n${summary}`;
  const common = `  --server URL, --json   see ${NAME} --help`;
  return [head, help ? `\n${help}` : '', common, '', exitCodeHelp].join('\n');
}
