import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePort } from '@coditect/local-stack/ports';
import type { TestStack } from './app.js';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** One API process of its own, as operators run it, to be raced against others and to be killed. */
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

  /** Posts JSON; the answer's body is parsed. */
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

  /** Ends it without any chance to clean up. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }

  /** Ends it as an operator would; answers its exit code. */
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
