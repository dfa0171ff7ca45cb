import { type ExecFileOptions, execFile } from 'node:child_process';

const MAX_OUTPUT = 64 * 1024 * 1024; // bytes

/**
 * Runs a program and waits until it ends.
 * @throws Error with the output of the program
 */
export function run(file: string, args: string[], options: ExecFileOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(file, args, { ...options, encoding: 'utf8', maxBuffer: MAX_OUTPUT }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${stderr}\n${stdout}`.trim() || error.message, { cause: error }));
      else resolve();
    });
  });
}
