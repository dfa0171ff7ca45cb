import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { messageOf } from '@coditect/local-stack/errors';
import { readEnvironment } from './environment.js';
import { startProduct } from './product.js';
import { progressLines } from './progress.js';
import { claimDataDir } from './single-launcher.js';
import { onStopSignals } from './stop-signals.js';
import { Supervisor } from './supervisor.js';

const root = fileURLToPath(new URL('../../..', import.meta.url)); // src and dist have the same depth
const supervisor = new Supervisor({ report: console.error });

let asked = false;
onStopSignals(process, {
  first: () => {
    asked = true;
    console.log('\nStopping (again to force) ...');
    supervisor.end();
  },
  again: () => {
    supervisor.kill();
    process.exit(1);
  },
});

process.exit(await run());

/** Starts the product and keeps it running until a signal or a crash. Returns the exit code. */
async function run(): Promise<number> {
  let exitCode = 0;
  try {
    const environment = readEnvironment(process.env, root);
    await claimDataDir(environment.dataDir);
    const progress = progressLines(console.log, performance.now());
    console.log(await startProduct({ root, environment, supervisor, progress }));
    await aborted(supervisor.ending);
  } catch (error) {
    // A requested stop makes the step under way fail. That failure is not reported.
    if (!asked) {
      console.error(`Error: ${describe(supervisor.crash ?? error)}`);
      exitCode = 1;
    }
  }
  await supervisor.stop();
  return exitCode;
}

/** @throws the reason of `signal` when it is aborted */
async function aborted(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort');
  throw signal.reason;
}

function describe(error: unknown): string {
  if (!process.env['DEBUG'] || !(error instanceof Error)) return messageOf(error);
  return `${error.stack}${error.cause ? `\ncaused by ${describe(error.cause)}` : ''}`;
}
