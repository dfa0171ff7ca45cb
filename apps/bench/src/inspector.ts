import { WebSocket } from 'undici';

/** The fields of a V8 CPU profile (Chrome DevTools protocol, Profiler.Profile) that are used here. */
export interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
  /** The node that ran at each sample, and the µs since the sample before. */
  samples: number[];
  timeDeltas: number[];
}

const SAMPLING_INTERVAL_US = 500;

/** Connects to a debugger while `work` runs. A process that is asked to end waits until its debugger has left. */
export async function withInspector<T>(port: number, work: (inspector: Inspector) => Promise<T>): Promise<T> {
  const inspector = await Inspector.connect(port);
  try {
    return await work(inspector);
  } finally {
    inspector.close();
  }
}

/** The debugger of a Node process that was started with `--inspect`. Its CPU profiler saves the same as `--cpu-prof`,
 *  but only of a chosen time, without the start of the process. */
export class Inspector {
  private lastId = 0;
  private readonly waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();

  private constructor(private readonly socket: WebSocket) {
    socket.addEventListener('message', ({ data }) => this.receive(String(data)));
    socket.addEventListener('close', () => this.failAll());
  }

  static async connect(port: number): Promise<Inspector> {
    const list = await fetch(`http://127.0.0.1:${port}/json/list`);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Node lists itself
    const targets = (await list.json()) as [{ webSocketDebuggerUrl: string }];
    const socket = new WebSocket(targets[0].webSocketDebuggerUrl);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve);
      socket.addEventListener('error', ({ error }) => reject(error));
    });
    return new Inspector(socket);
  }

  /** Returns the profile of the time that `work` took. */
  async profile(work: () => Promise<unknown>): Promise<CpuProfile> {
    await this.send('Profiler.enable');
    await this.send('Profiler.setSamplingInterval', { interval: SAMPLING_INTERVAL_US });
    await this.send('Profiler.start');
    await work();
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the Chrome DevTools protocol
    const { profile } = (await this.send('Profiler.stop')) as { profile: CpuProfile };
    return profile;
  }

  /** Returns the bytes in use after a garbage collection: of the heap, and of buffers outside of it. */
  async liveBytes(): Promise<number> {
    await this.send('HeapProfiler.collectGarbage');
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the Chrome DevTools protocol
    const { result } = (await this.send('Runtime.evaluate', {
      expression: 'process.memoryUsage()',
      returnByValue: true,
    })) as { result: { value: NodeJS.MemoryUsage } };
    return result.value.heapUsed + result.value.external;
  }

  close(): void {
    this.socket.close();
  }

  private send(method: string, params: object = {}): Promise<unknown> {
    this.lastId += 1;
    const id = this.lastId;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.socket.send(JSON.stringify({ id, method, params }));
    });
  }

  private receive(data: string): void {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- JSON-RPC 2.0
    const { id, result, error } = JSON.parse(data) as { id?: number; result?: unknown; error?: { message: string } };
    const waiting = this.waiting.get(id ?? 0);
    this.waiting.delete(id ?? 0);
    if (error) waiting?.reject(new Error(error.message));
    else waiting?.resolve(result);
  }

  private failAll(): void {
    for (const { reject } of this.waiting.values()) reject(new Error('the process that is debugged went away'));
    this.waiting.clear();
  }
}
