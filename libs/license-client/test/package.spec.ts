import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PACKAGE } from './child.js';

const ROOT = path.join(PACKAGE, '..', '..');

const PROGRAM = `
import { LicenseClient, type HeldSeat, type TokenStore } from '@coditect/license-client';
import { LicenseClient as SameClient } from '@coditect/license-client/client';
import { LicenseClientError, NetworkError } from '@coditect/license-client/errors';
import { machineId } from '@coditect/license-client/machine-id';

const store: TokenStore = { get: async () => undefined, set: async () => undefined };
const client = new LicenseClient({ baseUrl: 'http://127.0.0.1:9', credentials: store, acquireAttempts: 1 });
client.on('lost', ({ seat, error }) => {
  const lost: HeldSeat = seat;
  console.log(lost.seatNo, error.code);
});
const error: unknown = await client.acquire({ features: ['editor'] }).catch((thrown: unknown) => thrown);
const typed = error instanceof NetworkError && error instanceof LicenseClientError && error.code;
console.log(typed, SameClient === LicenseClient, (await machineId()).length);
`;

describe('the packed package', () => {
  let folder: string;
  let tarball: string;
  const execute = promisify(execFile);
  /** Runs npm as outside of this workspace, and without the network. */
  const npm = (...args: string[]) => execute('npm', [...args, '--offline', '--no-audit', '--no-fund'], { cwd: folder });
  const pack = async (source: string) => {
    const { stdout } = await npm('pack', source, '--ignore-scripts', '--json');
    const [packed] = JSON.parse(stdout) as [{ filename: string }];
    return path.join(folder, packed.filename);
  };

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'license-client-'));
    await writeFile(
      path.join(folder, 'package.json'),
      JSON.stringify({ name: 'customer', type: 'module', private: true }),
    );
    tarball = await pack(PACKAGE);
    await npm('install', tarball, await pack(path.join(ROOT, 'node_modules', 'jose')), '--ignore-scripts');
  }, 60_000);
  afterAll(() => rm(folder, { recursive: true }));

  it('installs with jose alone', async () => {
    const { stdout } = await npm('ls', '--all', '--parseable');
    const installed = stdout
      .trim()
      .split('\n')
      .slice(1)
      .map((file) => path.relative(path.join(folder, 'node_modules'), file));
    expect(installed.toSorted()).toEqual(['@coditect/license-client', 'jose']);
  });

  it('contains the build and the README, but no sources or tests', async () => {
    const root = path.join(folder, 'node_modules', '@coditect', 'license-client');
    expect((await readdir(root)).toSorted()).toEqual(['README.md', 'bin', 'dist', 'package.json']);
    const names = await readdir(path.join(root, 'dist'), { recursive: true, withFileTypes: true });
    const files = names.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
    expect(files.filter((file) => !/(\.js|\.d\.ts)$/.test(file) || file.includes('.spec.'))).toEqual([]);
    const imports = await Promise.all(
      files.map(async (file) => (await readFile(file, 'utf8')).matchAll(/from ["']([^."'][^"']*)["']/g)),
    );
    const packages = imports.flatMap((found) => [...found].map(([, name = '']) => name));
    expect(packages.filter((name) => !/^(node:|jose$|jose\/)/.test(name))).toEqual([]);
  });

  it('type-checks strictly and runs in an ESM program', async () => {
    await writeFile(path.join(folder, 'program.ts'), PROGRAM);
    const compilerOptions = { strict: true, module: 'NodeNext', target: 'ES2022', types: ['node'], outDir: 'out' };
    await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }));
    // a TypeScript program on Node has these types anyway
    await mkdir(path.join(folder, 'node_modules', '@types'));
    for (const name of ['@types/node', 'undici-types']) {
      await symlink(path.join(ROOT, 'node_modules', name), path.join(folder, 'node_modules', name));
    }
    const tsc = path.join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    const checked = await execute(process.execPath, [tsc], { cwd: folder }).catch((error: { stdout: string }) => error);
    expect(checked.stdout).toBe('');
    const env = { ...process.env, FORCE_COLOR: '0' }; // a task runner sets FORCE_COLOR
    const { stdout } = await execute(process.execPath, ['out/program.js'], { cwd: folder, env });
    expect(stdout).toMatch(/^network_error true (36|64)\n$/);
  });

  it('provides the command coditect-license', async () => {
    const command = path.join(folder, 'node_modules', '.bin', 'coditect-license');
    const { stdout } = await execute(command, ['--help'], { cwd: folder });
    expect(stdout).toContain('Usage: coditect-license');
  });
});
