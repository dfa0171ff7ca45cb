import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Io } from './context.js';
import { ask, readPassword } from './password.js';

/** A terminal or a pipe, and what is shown on it. */
function io(isTTY: boolean, env: NodeJS.ProcessEnv = {}) {
  const stdin = Object.assign(new PassThrough(), { isTTY });
  const shown: string[] = [];
  const screen = () => new PassThrough().on('data', (chunk: Buffer) => shown.push(chunk.toString()));
  const process: Io = { env, stdin, stdout: screen(), stderr: screen() };
  return { process, stdin, shown: () => shown.join('') };
}

describe('readPassword', () => {
  it('reads standard input to its end, without the last line break', async () => {
    const { process, stdin } = io(false);
    stdin.end(' pass word \r\n');
    expect(await readPassword(process, true)).toBe(' pass word ');
  });

  it('refuses an empty standard input, even if the environment has a password', async () => {
    const { process, stdin } = io(false, { CODITECT_PASSWORD: 'other' });
    stdin.end('\n');
    await expect(readPassword(process, true)).rejects.toMatchObject({ name: 'UsageError' });
  });

  it('takes the password of the environment', async () => {
    expect(await readPassword(io(false, { CODITECT_PASSWORD: 'secret' }).process, false)).toBe('secret');
  });

  it('asks at a terminal without echo', async () => {
    const { process, stdin, shown } = io(true);
    const asked = readPassword(process, false);
    stdin.write('sesame\r');
    expect(await asked).toBe('sesame');
    expect(shown()).toBe('Password: \n');
  });

  it('fails if standard input is a pipe', async () => {
    await expect(readPassword(io(false).process, false)).rejects.toMatchObject({ name: 'UsageError' });
  });

  it('can be cancelled with Ctrl-C', async () => {
    const { process, stdin } = io(true);
    const asked = readPassword(process, false);
    stdin.write('ses\u0003');
    await expect(asked).rejects.toThrow('cancelled');
  });
});

describe('ask', () => {
  it('echoes input that is not secret', async () => {
    const { process, stdin, shown } = io(true);
    const asked = ask(process, 'E-mail: ', { echo: true });
    stdin.write('ada\r');
    expect(await asked).toBe('ada');
    expect(shown()).toContain('ada');
  });
});
