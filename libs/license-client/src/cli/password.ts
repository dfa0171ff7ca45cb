import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Io } from './context.js';
import { UsageError } from './exit-codes.js';

/**
 * The password: from standard input if told so, else `CODITECT_PASSWORD`, else asked for. Never an argument, which every
 * user of the machine can read in the process list.
 *
 * @throws {UsageError} if there is none and nobody to ask
 */
export async function readPassword(io: Io, fromStdin: boolean): Promise<string> {
  const password = fromStdin ? (await text(io.stdin)).replace(/\r?\n$/, '') : io.env['CODITECT_PASSWORD'];
  if (password) return password;
  if (fromStdin) throw new UsageError('standard input holds no password');
  return await ask(io, 'Password: ', { echo: false });
}

/**
 * Asks the person at the terminal.
 *
 * @throws {UsageError} if standard input is no terminal, or the question is cancelled
 */
export function ask(io: Io, question: string, { echo }: { echo: boolean }): Promise<string> {
  if (!io.stdin.isTTY) throw new UsageError('no terminal to ask at: see --help for the other ways');
  // readline echoes to its output; typed secrets go nowhere
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: io.stdin, output: echo ? io.stderr : nowhere, terminal: true });
  if (!echo) io.stderr.write(question);
  return new Promise((resolve, reject) => {
    const cancelled = () => reject(new UsageError('cancelled'));
    terminal.once('close', cancelled);
    terminal.question(echo ? question : '', (answer) => {
      terminal.off('close', cancelled);
      terminal.close();
      if (!echo) io.stderr.write('\n');
      resolve(answer);
    });
  });
}
