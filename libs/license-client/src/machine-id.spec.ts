import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keptMachineId, machineId, normalizeMachineId, parseSystemId } from './machine-id.js';

const UUID = '7d3c6a1e-5b0f-4a53-9d53-1c3f8a0c9b11';
const HEX = 'ab'.repeat(32);
const WIRE_FORM = /^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{64})$/;

describe('normalizeMachineId', () => {
  it.each([UUID, HEX])('keeps %s, in lower case', (id) => {
    expect([normalizeMachineId(id), normalizeMachineId(` ${id.toUpperCase()}\n`)]).toEqual([id, id]);
  });

  it('hashes anything else, with a stable result', () => {
    const id = normalizeMachineId('build-runner-7');
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    expect(normalizeMachineId('build-runner-7')).toBe(id);
    expect(normalizeMachineId('build-runner-8')).not.toBe(id);
  });
});

describe('parseSystemId', () => {
  const guid = '0FB3CE1D-2C9E-4F0E-9D3E-0C8F6E1B2A3D';

  it.each([
    ['linux', `${'0a'.repeat(16)}\n`, '0a'.repeat(16)],
    ['darwin', `  "IOPlatformSerialNumber" = "C02"\n  "IOPlatformUUID" = "${guid}"\n`, guid.toLowerCase()],
    ['win32', `HKEY_LOCAL_MACHINE\\SOFTWARE\r\n    MachineGuid    REG_SZ    ${guid}\r\n`, guid.toLowerCase()],
  ] as const)('finds the id in the output of %s', (platform, text, id) => {
    expect(parseSystemId(platform, text)).toBe(id);
  });

  it.each([
    ['empty, as in a container image', ''],
    ['not yet set', 'uninitialized\n'],
    ['all zero', '0'.repeat(32)],
  ])('finds no id if it is %s', (_name, text) => {
    expect(parseSystemId('linux', text)).toBeUndefined();
  });

  it('returns undefined for any other platform', () => {
    expect(parseSystemId('aix', '0a'.repeat(16))).toBeUndefined();
  });
});

describe('machineId', () => {
  it('is CODITECT_MACHINE_ID if set', async () => {
    expect(await machineId({ CODITECT_MACHINE_ID: UUID.toUpperCase() })).toBe(UUID);
    expect(await machineId({ CODITECT_MACHINE_ID: 'runner' })).toBe(normalizeMachineId('runner'));
  });

  it('is stable', async () => {
    const env = { CODITECT_CONFIG_DIR: path.join(os.tmpdir(), 'coditect-unused') };
    const id = await machineId(env);
    expect(id).toMatch(WIRE_FORM);
    expect(await machineId(env)).toBe(id);
  });

  it('does not contain the id of the system', async () => {
    const systemId = (await readFile('/etc/machine-id', 'utf8').catch(() => '')).trim() || 'none';
    expect(await machineId({})).not.toContain(systemId);
  });
});

describe('keptMachineId', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'machine-id-'));
  });
  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  it('is created once and readable by this user only', async () => {
    const place = path.join(directory, 'made');
    const id = await keptMachineId(place);
    expect(id).toMatch(WIRE_FORM);
    expect(await keptMachineId(place)).toBe(id);
    const modes = await Promise.all(
      [place, path.join(place, 'machine-id')].map(async (name) => (await stat(name)).mode & 0o777),
    );
    expect(modes).toEqual([0o700, 0o600]);
  });

  it('is the same for processes that start together', async () => {
    const ids = await Promise.all(Array.from({ length: 10 }, () => keptMachineId(directory)));
    expect(new Set(ids).size).toBe(1);
  });

  it('lasts as long as the process if no file can be written', async () => {
    const file = path.join(directory, 'file');
    await writeFile(file, '');
    await chmod(file, 0o400);
    const id = await keptMachineId(path.join(file, 'below'));
    expect(id).toMatch(WIRE_FORM);
    expect(await keptMachineId(path.join(file, 'below'))).toBe(id);
  });
});
