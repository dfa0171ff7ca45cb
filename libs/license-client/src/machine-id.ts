import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { configDirectory } from './config-directory.js';

/** Part of every hash, so that the id cannot be compared with the ids of other products. */
const SALT = 'coditect-license-client/machine-id/v1';

const WIRE_FORM = /^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{64})$/;

/**
 * The stable id of this machine: `CODITECT_MACHINE_ID` if set, else the SHA-256 (hex) of the operating system's id, else
 * the hash of a random id in the configuration directory. The operating system's id itself never leaves the machine.
 * Never rejects: if no file can be written, the id lasts as long as the process.
 */
export async function machineId(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  if (env['CODITECT_MACHINE_ID']) return normalizeMachineId(env['CODITECT_MACHINE_ID']);
  const systemId = await systemMachineId();
  return systemId === undefined ? await keptMachineId(configDirectory(env)) : hashOf(`${process.platform}:${systemId}`);
}

/** Returns the id in lower case if it is a UUID or 64 hex digits, and its hash otherwise. */
export function normalizeMachineId(id: string): string {
  const lower = id.trim().toLowerCase();
  return WIRE_FORM.test(lower) ? lower : hashOf(`given:${id.trim()}`);
}

/** The operating system's id of this installation. Undefined if it has none, as in many containers. */
export async function systemMachineId(platform: NodeJS.Platform = process.platform): Promise<string | undefined> {
  const sources: Partial<Record<NodeJS.Platform, (() => Promise<string>)[]>> = {
    linux: [() => readFile('/etc/machine-id', 'utf8'), () => readFile('/var/lib/dbus/machine-id', 'utf8')],
    darwin: [() => outputOf('/usr/sbin/ioreg', ['-rd1', '-c', 'IOPlatformExpertDevice'])],
    win32: [() => outputOf('reg.exe', ['query', 'HKLM\\SOFTWARE\\Microsoft\\Cryptography', '/v', 'MachineGuid'])],
  };
  for (const read of sources[platform] ?? []) {
    const id = parseSystemId(platform, await read().catch(() => ''));
    if (id !== undefined) return id;
  }
  return undefined;
}

/** Finds the id in the output of the system. Undefined if it is empty, uninitialized or all zeros. */
export function parseSystemId(platform: NodeJS.Platform, text: string): string | undefined {
  const patterns: Partial<Record<NodeJS.Platform, RegExp>> = {
    // machine-id(5)
    linux: /^([0-9a-f]{32})\s*$/i,
    darwin: /"IOPlatformUUID"\s*=\s*"([0-9a-f-]{36})"/i,
    win32: /MachineGuid\s+REG_SZ\s+([0-9a-f-]{36})/i,
  };
  const id = patterns[platform]?.exec(text)?.[1]?.toLowerCase();
  return id === undefined || /^[0-]+$/.test(id) ? undefined : id;
}

/** The random id of this configuration directory. Created on first use. */
export async function keptMachineId(directory: string): Promise<string> {
  const file = path.join(directory, 'machine-id');
  const draft = `${file}.${randomUUID()}`;
  try {
    const kept = await readKeptId(file);
    if (kept !== undefined) return kept;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await writeFile(draft, `${randomUUID()}\n`, { mode: 0o600 });
    // A link never replaces a file: of two processes that start together, the later one reads the id of the first.
    await link(draft, file).catch(() => undefined);
    return (await readKeptId(file)) ?? processId;
  } catch {
    return processId;
  } finally {
    await rm(draft, { force: true }).catch(() => undefined);
  }
}

const processId = randomUUID();

async function readKeptId(file: string): Promise<string | undefined> {
  const id = (await readFile(file, 'utf8').catch(() => '')).trim();
  return WIRE_FORM.test(id) ? id : undefined;
}

async function outputOf(command: string, args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, { timeout: 5000, windowsHide: true });
  return stdout;
}

function hashOf(text: string): string {
  return createHash('sha256').update(`${SALT}:${text}`).digest('hex');
}
