import { keysOf } from '@coditect/api/platform/keys-of';
import { readFileSync } from 'node:fs';

const MS_PER_TICK = 10; // Linux counts CPU time for user space in hundredths of a second (USER_HZ, proc(5))

/** The process ids of a server, as far as they are known and on this machine. */
export type ServerPids = Partial<Record<'api' | 'postgres' | 'redis', number>>;
/** CPU time in ms of each process, of the main thread of the API, and of this process, which makes the load. The rest
 *  of the API time is the pool that signs, and garbage collection. */
export type CpuTimes = Partial<Record<keyof ServerPids | 'api_main_thread' | 'client', number>>;

/** Returns the CPU time used so far. Values that cannot be read are left out: only Linux has them. */
export function cpuTimes(pids: ServerPids): CpuTimes {
  const { user, system } = process.cpuUsage();
  const times: CpuTimes = { client: (user + system) / 1000 };
  try {
    if (pids.api !== undefined) times.api_main_thread = ticksOf(`${pids.api}/task/${pids.api}`).self * MS_PER_TICK;
    for (const name of ['api', 'postgres', 'redis'] as const)
      if (pids[name] !== undefined) times[name] = ticksWithChildren(pids[name]) * MS_PER_TICK;
  } catch {
    // no /proc, or the process is gone
  }
  return times;
}

/** Returns the CPU time used between two readings. */
export function cpuBetween(before: CpuTimes, after: CpuTimes): CpuTimes {
  const used: CpuTimes = {};
  for (const name of keysOf(after)) used[name] = after[name]! - (before[name] ?? after[name]!);
  return used;
}

/** PostgreSQL uses one process for each connection. The parent counts the time of its ended children. */
function ticksWithChildren(pid: number): number {
  const { self, ended } = ticksOf(String(pid));
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  const running = children === '' ? [] : children.split(' ').map((child) => ticksOf(child).self);
  return running.reduce((sum, ticks) => sum + ticks, self + ended);
}

/** Fields 14 to 17 of a stat file: utime, stime, cutime, cstime. The second field may hold blanks. */
function ticksOf(process: string): { self: number; ended: number } {
  const stat = readFileSync(`/proc/${process}/stat`, 'utf8');
  const fields = stat
    .replace(/^.*\) /s, '')
    .split(' ')
    .slice(11, 15)
    .map(Number);
  const [utime = 0, stime = 0, cutime = 0, cstime = 0] = fields;
  return { self: utime + stime, ended: cutime + cstime };
}
