import { spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import type { LicenseClient } from '../client.js';
import type { SeatRequest } from '../acquire-seat.js';
import { command } from './command.js';
import type { Context } from './context.js';
import { exitCodes, UsageError } from './exit-codes.js';
import { endHold, forgetSeat, keepSeat } from './kept-seat.js';
import { seatHelp, seatOptions, seatRequest, seatUsage } from './seat-options.js';

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** How long a command may take to end after SIGTERM, in ms. */
const TERMINATION_MS = 10_000;

export const run = command({
  summary: 'run a command while holding a seat',
  usage: `${seatUsage} [--on-lost=warn|terminate] -- COMMAND [ARGUMENT]...`,
  help: `${seatHelp}
  --on-lost=ACTION    what to do if the seat is lost: warn (the default) or terminate the command (exit code 5)
The exit code is that of COMMAND, 128 + signal number if a signal ended it, 127 if it is not found, 126 if it cannot be
run. Without a seat, COMMAND is not started; only then does --json print anything.`,
  options: { ...seatOptions, 'on-lost': { type: 'string', default: 'warn' } },
  async run(context, values, [file, ...args]) {
    const onLost = values['on-lost'];
    if (onLost !== 'warn' && onLost !== 'terminate') throw new UsageError('--on-lost is warn or terminate');
    if (file === undefined) throw new UsageError('no command to run: give it after --');
    const request = seatRequest(values);
    const signals = new SignalForwarder();
    const client = await context.openClient();
    try {
      await takeSeat(context, client, request, signals);
      signals.beforeStart.throwIfAborted();
      return await runHolding(context, client, { file, args, terminate: onLost === 'terminate', request, signals });
    } catch (error) {
      if (signals.received === undefined) throw error;
      return 128 + constants.signals[signals.received];
    } finally {
      await giveBack(context, client);
      signals.close();
    }
  },
});

async function takeSeat({ state }: Context, client: LicenseClient, request: SeatRequest, signals: SignalForwarder) {
  await state.seatTurn(async () => {
    await client.acquire({ ...request, signal: signals.beforeStart });
    await keepSeat(state, client, request, process.pid);
  });
}

/** Gives the seat back after the last command. Several commands on one machine share a seat. */
async function giveBack({ state, say }: Context, client: LicenseClient): Promise<void> {
  const { grant } = client;
  if (!grant) return await client.release();
  try {
    await state.seatTurn(async () => {
      if (await endHold(state, grant.session_id, process.pid)) await client.release();
      else client.detach();
    });
  } catch (error) {
    say(`the seat could not be given back: ${String(error)}`);
    await client.release();
  }
}

interface Run {
  file: string;
  args: string[];
  terminate: boolean;
  request: SeatRequest;
  signals: SignalForwarder;
}

function runHolding(context: Context, client: LicenseClient, { file, args, terminate, request, signals }: Run) {
  return new Promise<number>((resolve) => {
    const { CODITECT_PASSWORD: _password, CODITECT_API_KEY: _apiKey, ...env } = context.io.env;
    const child = spawn(file, args, { stdio: 'inherit', env });
    let terminated = false;
    signals.forwardTo(child);
    client.on('renewed', () => keepSeat(context.state, client, request, process.pid));
    client.on('degraded', ({ error, until }) => {
      context.say(`no answer from the license server (${error.message}); trying again until ${until.toISOString()}`);
    });
    client.on('recovered', () => context.say('the license server answers again, the seat is still held'));
    client.on('lost', async ({ seat, error }) => {
      context.say(`the seat was lost: ${error.message}`);
      terminated = terminate && child.exitCode === null && child.signalCode === null;
      if (terminated) endSoon(child);
      await forgetSeat(context.state, seat.sessionId);
    });
    child.once('error', (error: NodeJS.ErrnoException) => {
      context.say(`cannot run ${file}: ${error.message}`);
      resolve(error.code === 'ENOENT' ? 127 : 126);
    });
    child.once('exit', (code, signal) => {
      if (terminated) resolve(exitCodes.leaseLost);
      else resolve(signal ? 128 + constants.signals[signal] : (code ?? exitCodes.other));
    });
  });
}

function endSoon(child: ChildProcess): void {
  child.kill('SIGTERM');
  setTimeout(() => child.kill('SIGKILL'), TERMINATION_MS).unref();
}

/** Forwards signals to the command. Before it has started, a signal ends the waiting for a seat. */
class SignalForwarder {
  received: NodeJS.Signals | undefined;
  #child: ChildProcess | undefined;
  readonly #beforeStart = new AbortController();

  constructor() {
    for (const signal of FORWARDED) process.on(signal, this.#receive);
  }

  get beforeStart(): AbortSignal {
    return this.#beforeStart.signal;
  }

  forwardTo(child: ChildProcess): void {
    this.#child = child;
  }

  close(): void {
    for (const signal of FORWARDED) process.off(signal, this.#receive);
  }

  readonly #receive = (signal: NodeJS.Signals): void => {
    if (!this.#child) {
      this.received = signal;
      this.#beforeStart.abort(new Error(`ended by ${signal}`));
    } else if (signal !== 'SIGINT' || !process.stdin.isTTY) {
      // At a terminal, Ctrl-C reaches the whole foreground process group, including the command.
      this.#child.kill(signal);
    }
  };
}
