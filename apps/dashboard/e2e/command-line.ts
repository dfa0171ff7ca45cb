import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const COMMAND = fileURLToPath(new URL('../../../libs/license-client/bin/coditect-license.js', import.meta.url));

/** Output of a command: results on `stdout`, messages for the user on `stderr`. */
interface Output {
  stdout: string;
  stderr: string;
}

/** Runs `coditect-license` as a process, with a machine id and configuration of its own. */
export class CommandLine {
  private constructor(
    private readonly configDir: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  static async on(server: string): Promise<CommandLine> {
    const configDir = await mkdtemp(path.join(os.tmpdir(), 'command-line-'));
    const { PATH } = process.env;
    const machine = { CODITECT_CONFIG_DIR: configDir, CODITECT_MACHINE_ID: randomUUID() };
    return new CommandLine(configDir, { PATH, CODITECT_SERVER: server, ...machine });
  }

  /** Runs a command until it ends.
   *  @param saying called with all messages so far
   *  @throws Error if the command fails */
  async run(args: string[], saying: (stderr: string) => void = () => {}): Promise<Output> {
    const child = spawn(process.execPath, [COMMAND, ...args], { env: this.env, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = { stdout: '', stderr: '' };
    child.stdout.on('data', (text: Buffer) => (output.stdout += text.toString()));
    child.stderr.on('data', (text: Buffer) => {
      output.stderr += text.toString();
      saying(output.stderr);
    });
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${output.stderr}`);
    return output;
  }

  /** Starts a device login. Returns the address where a user approves it. */
  async beginLogin(): Promise<{ approveAt: string; signedIn: Promise<Output> }> {
    let signedIn!: Promise<Output>;
    const approveAt = await new Promise<string>((resolve, reject) => {
      signedIn = this.run(['login'], (told) => {
        const [, address] = /or open (\S+)\n/.exec(told) ?? [];
        if (address) resolve(address);
      });
      signedIn.catch(reject);
    });
    return { approveAt, signedIn };
  }

  async remove(): Promise<void> {
    await rm(this.configDir, { recursive: true, force: true });
  }
}
