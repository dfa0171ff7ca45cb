import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';

export const PACKAGE = path.join(import.meta.dirname, '..');

export interface Ended {
  /** The exit code, or the signal that ended the process. */
  exit: number | NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A running Node program. */
export interface Child {
  process: ChildProcess;
  ended: Promise<Ended>;
  /** Resolves when the program has printed this text to either output. */
  printed(text: string): Promise<void>;
}

export interface Start {
  env: NodeJS.ProcessEnv;
  cwd?: string;
  /** The whole standard input. Without it, standard input stays open. */
  input?: string;
}

export function startNode(file: string, args: string[], { env, cwd, input }: Start): Child {
  const child = spawn(process.execPath, [file, ...args], { cwd, env: { PATH: process.env['PATH'], ...env } });
  if (input !== undefined) child.stdin.end(input);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exited = once(child, 'exit').then(() => child.exitCode ?? child.signalCode);
  const closed = once(child, 'close');
  const [stdout, stderr] = [text(child.stdout), text(child.stderr)];
  const printed = async (wanted: string) => {
    while (!output.includes(wanted)) {
      await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data'), closed]);
      if (child.exitCode !== null && !output.includes(wanted)) throw new Error(`ended without "${wanted}": ${output}`);
    }
  };
  const end = async () => ({ exit: await exited, stdout: await stdout, stderr: await stderr });
  return { process: child, ended: end(), printed };
}
