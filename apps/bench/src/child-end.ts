import type { ServerEnd } from '@coditect/local-stack/server-process';

/** A frame of the native stack trace that Node prints when it aborts. It shows nothing of our code. */
const NATIVE_FRAME = /^ *\d+: 0x[0-9a-f]+ .*\n?/gm;

/** Returns the error for a process that ended too early: its exit code or signal, and the last lines it printed. */
export function unexpectedEnd(name: string, { reason, output }: ServerEnd): Error {
  const lines = output.replaceAll(NATIVE_FRAME, '').trim();
  return new Error(`${name} ended: ${reason}\n${lines === '' ? '(it printed nothing)' : lines}`);
}
