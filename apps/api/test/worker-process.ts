import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { TestStack } from './app.js';

const WORKER = fileURLToPath(new URL('../dist/worker.js', import.meta.url));
const START_MS = 30_000;

/** One worker process of its own, as operators run it, to be raced against others and to be killed. */
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

  /** Asks it to end, as an operator would, without waiting for it. */
  askToStop(): void {
    this.child.kill('SIGTERM');
  }

  /** How it ended, once it has: its exit code. */
  async ended(): Promise<number | null> {
    if (this.running) await once(this.child, 'exit');
    return this.child.exitCode;
  }

  /** Ends it without any chance to clean up. */
  async kill(): Promise<void> {
    if (!this.running) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }

  /** Ends it as an operator would; answers its exit code. */
  async stop(): Promise<number | null> {
    if (this.running) this.askToStop();
    return this.ended();
  }
}
