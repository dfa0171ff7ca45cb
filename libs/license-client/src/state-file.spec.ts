import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StateFile } from './state-file.js';

const login = (refreshToken: string) => ({ email: 'ada@example.com', refreshToken });

describe('StateFile', () => {
  let directory: string;
  let file: string;
  const stateOf = (server: string) => new StateFile(file, server);

  beforeEach(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'state-'));
    file = path.join(directory, 'coditect', 'license.json');
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('is empty at first', async () => {
    expect(await stateOf('https://a/').read()).toEqual({});
  });

  it('is readable by this user only, and leaves no temporary files', async () => {
    await stateOf('https://a/').update(() => ({ login: login('r1') }));
    const modes = await Promise.all([path.dirname(file), file].map(async (name) => (await stat(name)).mode & 0o777));
    expect(modes).toEqual([0o700, 0o600]);
    expect(await readdir(path.dirname(file))).toEqual(['license.json']);
  });

  it('keeps the state of each server separately', async () => {
    await stateOf('https://a/').update(() => ({ login: login('of a') }));
    await stateOf('https://b/').update(() => ({ login: login('of b') }));
    expect(await stateOf('https://a/').read()).toEqual({ login: login('of a') });
  });

  it('loses no concurrent change', async () => {
    const state = stateOf('https://a/');
    const append = () => state.update((kept) => ({ login: login(`${kept.login?.refreshToken ?? ''}+`) }));
    await Promise.all(Array.from({ length: 10 }, append));
    expect((await state.read()).login?.refreshToken).toBe('+'.repeat(10));
  });

  it('stays unchanged when a change fails', async () => {
    const state = stateOf('https://a/');
    await state.update(() => ({ login: login('r1') }));
    const failing = state.update(() => {
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await state.read()).toEqual({ login: login('r1') });
    expect(await readdir(path.dirname(file))).toEqual(['license.json']);
  });

  it.each([
    ['damaged', '{"version":1,'],
    ['of another version', '{"version":2,"servers":{}}'],
  ])('rejects with the file name when it is %s, and does not replace it', async (_name, content) => {
    await stateOf('https://a/').update(() => ({}));
    await writeFile(file, content);
    await expect(stateOf('https://a/').update(() => ({}))).rejects.toThrow(file);
    expect(await readFile(file, 'utf8')).toBe(content);
  });
});
