import { type DestinationStream, destination } from 'pino';
import type { Config } from '#config/config';
import { JsonLogger } from './json-logger.js';

const STDOUT = 1;

/** Makes the logger of a process. It writes synchronously, so that the last lines of a crashing process are not
 *  lost. */
export function processLogger(
  config: Pick<Config, 'logLevel'>,
  to: DestinationStream = destination({ dest: STDOUT, sync: true }),
): JsonLogger {
  return new JsonLogger(config.logLevel, to);
}

/** Ends this process when its parent, the local launcher, has ended for any reason. Active only if DIE_WITH_PARENT is
 *  1. */
export function dieWithParent(): void {
  if (process.env.DIE_WITH_PARENT !== '1') return;
  const end = () => process.kill(process.pid, 'SIGTERM');
  process.on('disconnect', end);
  if (!process.connected) end(); // the parent had ended before the listener was added
}

/** Starts a process. If that fails, prints the message in one line and exits with code 1. */
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
