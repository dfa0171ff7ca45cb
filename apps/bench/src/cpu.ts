import { readFileSync } from 'node:fs';

const MS_PER_TICK = 10; // Linux counts CPU time for user space in hundredths of a second (USER_HZ, proc(5))

/** The processes of a server, as far as they are known and run on this machine. */
export type ServerPids = Partial<Record<'api' | 'postgres' | 'redis', number>>;
/** CPU time in ms of each process, and of this one, which makes the load. */
export type CpuTimes = Partial<Record<keyof ServerPids | 'client', number>>;

/** CPU time used so far. A process that cannot be read, as on any system but Linux, is left out. */
export function cpuTimes(pids: ServerPids): CpuTimes {
  const { user, system } = process.cpuUsage();
  const times: CpuTimes = { client: (user + system) / 1000 };
  for (const [name, pid] of Object.entries(pids)) {
    const ms = cpuMsOf(pid);
    if (ms !== undefined) times[name as keyof ServerPids] = ms;
  }
  return times;
}

/** What was used between two readings. */
export function cpuBetween(before: CpuTimes, after: CpuTimes): CpuTimes {
  return Object.fromEntries(
    Object.entries(after).map(([name, ms]) => [name, ms - (before[name as keyof CpuTimes] ?? ms)]),
  );
}

/** All threads of a process and, as PostgreSQL works in one process for each connection, its children. */
function cpuMsOf(pid: number): number | undefined {
  try {
    const own = ticksOf(pid);
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    const running = children === '' ? [] : children.split(' ').map((child) => ticksOf(Number(child)));
    // A child that ended was counted by its parent when it was waited for.
    return [own, ...running].reduce((sum, t) => sum + t.self, own.ended) * MS_PER_TICK;
  } catch {
    return undefined;
  }
}

/** Fields 14 to 17 of /proc/pid/stat: utime, stime, cutime, cstime. The second field may hold blanks. */
function ticksOf(pid: number): { self: number; ended: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
    .slice(11, 15)
    .map(Number);
  const [utime = 0, stime = 0, cutime = 0, cstime = 0] = fields;
  return { self: utime + stime, ended: cutime + cstime };
}
