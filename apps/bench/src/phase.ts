import { keysOf } from '@coditect/api/platform/keys-of';
import { createHistogram } from 'node:perf_hooks';
import { type CpuTimes, type ServerPids, cpuBetween, cpuTimes } from './cpu.js';
import type { LoadGenerator, Tally, Workload } from './load-generator.js';
import type { PhaseReport } from './report.js';

/** The results of a phase, summed over all its slices. */
export class Phase implements Tally {
  readonly errors = new Map<string, number>();
  readonly latencies = createHistogram();
  private requests = 0;
  private seconds = 0;
  private readonly cpu: CpuTimes = {};

  constructor(
    readonly name: string,
    private readonly load: LoadGenerator,
    private readonly pids: ServerPids,
  ) {}

  /** Measures for a number of seconds. Returns the rate of this slice in requests per second. */
  async measure(workload: Workload, seconds: number): Promise<number> {
    const before = cpuTimes(this.pids);
    const slice = await this.load.run(workload, seconds, this);
    const used = cpuBetween(before, cpuTimes(this.pids));
    for (const name of keysOf(used)) this.cpu[name] = (this.cpu[name] ?? 0) + used[name]!;
    this.requests += slice.requests;
    this.seconds += slice.seconds;
    return slice.requests / slice.seconds;
  }

  /** Sends the same load without measuring it. Errors still count. */
  async warmUp(workload: Workload, seconds: number): Promise<void> {
    await this.load.run(workload, seconds, { latencies: createHistogram(), errors: this.errors });
  }

  report(): PhaseReport {
    const ms = (percentile: number) => (this.requests === 0 ? 0 : this.latencies.percentile(percentile) / 1000);
    return {
      name: this.name,
      requests: this.requests,
      seconds: this.seconds,
      rate: this.seconds === 0 ? 0 : this.requests / this.seconds,
      p50_ms: ms(50),
      p95_ms: ms(95),
      p99_ms: ms(99),
      errors: [...this.errors.values()].reduce((sum, times) => sum + times, 0),
      cpu_ms: Object.fromEntries(Object.entries(this.cpu).map(([name, total]) => [name, total / this.requests])),
    };
  }
}
