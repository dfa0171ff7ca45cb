import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Io } from './context.js';
import { UsageError } from './exit-codes.js';

/**
 * Reads the password: from standard input if told so, else from `CODITECT_PASSWORD`, else by asking. It is never an
 * argument, because every user of the machine can read arguments in the process list.
 *
 * @throws {UsageError} if there is no password and no terminal to ask at
 */
export async function readPassword(io: Io, fromStdin: boolean): Promise<string> {
  const password = fromStdin ? (await text(io.stdin)).replace(/\r?\n$/, '') : io.env['CODITECT_PASSWORD'];
  if (password) return password;
  if (fromStdin) throw new UsageError('standard input contains no password');
  return await ask(io, 'Password: ', { echo: false });
}

/**
 * Asks a question at the terminal.
 *
 * @throws {UsageError} if standard input is not a terminal, or the question is cancelled
 */
export function ask(io: Io, question: string, { echo }: { echo: boolean }): Promise<string> {
  if (!io.stdin.isTTY) throw new UsageError('no terminal to ask at: see --help for the other ways');
  // readline echoes to its output, so the output of secrets is discarded
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
