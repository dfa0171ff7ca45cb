import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePort } from '@coditect/local-stack/ports';
import type { TestStack } from './app.js';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** An API process as operators run it, for races with others and for kills. */
export class ApiProcess {
  private constructor(
    readonly baseUrl: string,
    private readonly child: ChildProcess,
  ) {}

  /** Starts the built API on a stack and waits until it is ready. */
  static async start(stack: TestStack, env: NodeJS.ProcessEnv = {}): Promise<ApiProcess> {
    const port = await freePort();
    const child = spawn(process.execPath, [MAIN], {
      env: { ...process.env, ...stack.env, PORT: String(port), DIE_WITH_PARENT: '1', ...env },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const api = new ApiProcess(`http://127.0.0.1:${port}`, child);
    await api.untilReady();
    return api;
  }

  /** Posts JSON and parses the body of the response. */
  async post(
    route: string,
    body: object,
    accessToken?: string,
  ): Promise<{ status: number; body: Record<string, unknown> }> {
    const response = await fetch(`${this.baseUrl}/api/v1/${route}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(accessToken ? { authorization: `Bearer ${accessToken}` } : {}),
      },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  /** Kills the process without a chance to clean up. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }

  /** Stops the process as an operator would. Returns its exit code. */
  async stop(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill('SIGTERM');
      await once(this.child, 'exit');
    }
    return this.child.exitCode;
  }

  private async untilReady(): Promise<void> {
    for (const deadline = Date.now() + 30_000; Date.now() < deadline;) {
      if (this.child.exitCode !== null) throw new Error(`the API process ended with ${this.child.exitCode}`);
      const ready = await fetch(`${this.baseUrl}/readyz`).then(
        (response) => response.ok,
        () => false,
      );
      if (ready) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('the API process was not ready within 30 s');
  }
}
