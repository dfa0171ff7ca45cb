import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '@coditect/local-stack/ports';

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** The whole product as `npm start` runs it, with its data in its own folder. */
export class RunningProduct {
  private constructor(
    readonly url: string,
    readonly dataDir: string,
    readonly child: ChildProcess,
    private readonly output: () => string,
  ) {}

  static async newDataDir(): Promise<string> {
    const dir = await mkdtemp(path.join(os.tmpdir(), 'product-'));
    // If the test runs as root, the embedded Postgres runs as nobody and must be able to enter the folder.
    await chmod(dir, 0o755);
    return dir;
  }

  /** Starts the product and waits for the text it prints when it is ready. */
  static async start(dataDir: string): Promise<RunningProduct> {
    const port = await freePort();
    const child = spawn(process.execPath, [path.join(ROOT, 'apps/local/dist/start.js')], {
      env: { ...process.env, DATA_DIR: dataDir, PORT: String(port), NODE_ENV: 'development' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await new Promise<void>((resolve, reject) => {
      child.stdout.on('data', () => output.includes('Ctrl-C stops everything') && resolve());
      child.once('exit', (code) => reject(new Error(`the launcher ended with ${code}:\n${output}`)));
    });
    return new RunningProduct(`http://localhost:${port}`, dataDir, child, () => output);
  }

  /** The output so far. */
  get printed(): string {
    return this.output();
  }

  /** Sends Ctrl-C and returns the exit code. */
  async stop(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill('SIGINT');
      await once(this.child, 'exit');
    }
    return this.child.exitCode;
  }

  static async remove(dataDir: string): Promise<void> {
    await rm(dataDir, { recursive: true, force: true });
  }
}
