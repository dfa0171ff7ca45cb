import { Readable, Writable } from 'node:stream';
import { main } from '@coditect/license-client/cli/main';

/** Runs the command line on exported or restored audit entries. Returns its exit code and its report. */
export async function verifyOffline(content: string, ...options: string[]) {
  const stdout: string[] = [];
  const sink = (into: string[]) =>
    new Writable({
      write(chunk: Buffer, _, done) {
        into.push(chunk.toString());
        done();
      },
    });
  const io = { env: {}, stdin: Readable.from([Buffer.from(content)]), stdout: sink(stdout), stderr: sink([]) };
  const exit = await main(['audit', 'verify', '-', '--json', ...options], io);
  return { exit, report: JSON.parse(stdout.join('')) as Record<string, unknown> };
}
