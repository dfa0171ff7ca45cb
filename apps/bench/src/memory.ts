import { readFileSync } from 'node:fs';

export const MIB = 1024 * 1024;

/** Returns the current or highest memory of a process in bytes, from proc(5); 0 on other systems. */
export function rssOf(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024;
  } catch {
    return 0;
  }
}
