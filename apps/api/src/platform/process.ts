import { ConsoleLogger, type LogLevel } from '@nestjs/common';
import type { Config } from '../config/config.js';

const LEVELS: LogLevel[] = ['fatal', 'error', 'warn', 'log', 'debug', 'verbose'];
const NEST_LEVEL: Record<string, LogLevel> = { info: 'log', trace: 'verbose' };

/** JSON lines at the configured level. */
export function processLogger(config: Pick<Config, 'logLevel'>): ConsoleLogger {
  const level = NEST_LEVEL[config.logLevel] ?? config.logLevel;
  return new ConsoleLogger({ json: true, logLevels: LEVELS.slice(0, LEVELS.indexOf(level as LogLevel) + 1) });
}

/** Under the local launcher: ends this process when the launcher is gone, however it ended. */
export function dieWithParent(): void {
  if (process.env.DIE_WITH_PARENT !== '1') return;
  const end = () => process.kill(process.pid, 'SIGTERM');
  process.on('disconnect', end);
  if (!process.connected) end(); // gone before anybody listened
}

/** Starts a process; what prevents it is one clear line and exit code 1. */
export async function runProcess(start: () => Promise<void>): Promise<void> {
  dieWithParent();
  try {
    await start();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${process.env.DEBUG && error instanceof Error ? error.stack : message}\n`);
    process.exit(1);
  }
}
