import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { TestStack } from './app.js';

const WORKER = fileURLToPath(new URL('../dist/worker.js', import.meta.url));
const START_MS = 30_000;

/** A worker process as operators run it, for races with others and for kills. */
export class WorkerProcess {
  private constructor(private readonly child: ChildProcess) {}

  /** Starts the built worker on a stack and waits until it works. */
  static async start(stack: TestStack, env: NodeJS.ProcessEnv = {}): Promise<WorkerProcess> {
    const child = spawn(process.execPath, [WORKER], {
      env: { ...process.env, ...stack.env, DIE_WITH_PARENT: '1', ...env, LOG_LEVEL: 'info' },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    const tooLate = setTimeout(() => child.kill('SIGKILL'), START_MS);
    await new Promise<void>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`the worker process ended with ${code} before it worked`)));
      createInterface({ input: child.stdout! }).on('line', (line) => {
        if (line.includes('worker started')) resolve();
      });
    });
    clearTimeout(tooLate);
    return new WorkerProcess(child);
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Asks the process to stop, as an operator would. Does not wait for its end. */
  askToStop(): void {
    this.child.kill('SIGTERM');
  }

  /** Waits until the process has ended. Returns its exit code. */
  async ended(): Promise<number | null> {
    if (this.running) await once(this.child, 'exit');
    return this.child.exitCode;
  }

  /** Kills the process without a chance to clean up. */
  async kill(): Promise<void> {
    if (!this.running) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }

  /** Stops the process as an operator would. Returns its exit code. */
  async stop(): Promise<number | null> {
    if (this.running) this.askToStop();
    return this.ended();
  }
}
