import { type DestinationStream, destination } from 'pino';
import type { Config } from '#config/config';
import { JsonLogger } from './logging.js';

const STDOUT = 1;

/** JSON lines at the configured level. Written at once: the last lines of a process that dies are those that matter. */
export function processLogger(
  config: Pick<Config, 'logLevel'>,
  to: DestinationStream = destination({ dest: STDOUT, sync: true }),
): JsonLogger {
  return new JsonLogger(config.logLevel, to);
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
