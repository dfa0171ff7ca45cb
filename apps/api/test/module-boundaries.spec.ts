import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';

const CHECK = fileURLToPath(new URL('../../../.config/check-boundaries.mjs', import.meta.url));

const folders: string[] = [];
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true })));

/** Runs the check over sources with these files and their imports. */
function check(imports: Record<string, string[]>): { exitCode: number | null; output: string } {
  const sources = mkdtempSync(path.join(os.tmpdir(), 'boundaries-'));
  folders.push(sources);
  for (const [file, targets] of Object.entries(imports)) {
    mkdirSync(path.dirname(path.join(sources, file)), { recursive: true });
    writeFileSync(path.join(sources, file), targets.map((target) => `import '${target}';\n`).join(''));
  }
  const { status, stdout, stderr } = spawnSync(process.execPath, [CHECK, sources], { encoding: 'utf8' });
  return { exitCode: status, output: stdout + stderr };
}

describe('imports that the table allows', () => {
  it.each([
    ['a file that the other module offers', 'modules/users/users.service.ts', '#modules/audit/audit.service'],
    ['the module of the other module', 'modules/users/users.module.ts', '#modules/audit/audit.module'],
    ['the platform', 'modules/users/users.service.ts', '#platform/clock'],
    ['anything, at the root', 'app.module.ts', '#modules/users/users.controller'],
    ['anything, in a spec', 'modules/audit/audit.api.spec.ts', '#modules/users/users.service'],
    ['another room of the same module', 'modules/licenses/seats/seat-grants.ts', '../ledger/seat-ledger.js'],
  ])('pass: %s', (_, file, target) => {
    expect(check({ [file]: [target] })).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining('0 circles, 0 forbidden imports') as string,
    });
  });
});

describe('a forbidden import fails the check with both paths', () => {
  it.each([
    ['of a module that stands above', 'modules/audit/audit.service.ts', '#modules/users/users.service'],
    ['of a room that is closed', 'modules/users/users.service.ts', '#modules/auth/proof/login-backoff'],
    ['of a module, by the platform', 'platform/http/http-app.ts', '#modules/docs/docs.module'],
    ['of the platform, by the configuration', 'config/config.ts', '#platform/clock'],
    ['of the root, by a module', 'modules/users/users.service.ts', '#app.module'],
    ['of types only', 'modules/stream/changes.ts', '../users/users.service.js'],
  ])('%s', (_, file, target) => {
    const { exitCode, output } = check({ [file]: [target] });
    expect(exitCode).toBe(1);
    expect(output).toContain(`${file} imports ${path.posix.join(...resolved(file, target))}.ts: `);
    expect(output).toContain('1 forbidden imports');
  });

  it('also if it is written as import()', () => {
    const sources = { 'modules/audit/audit.service.ts': [] };
    const file = 'modules/audit/late.ts';
    const { output } = check({ ...sources, [file]: ["#modules/audit/audit.service'; await import('#modules/users/x"] });
    expect(output).toContain('modules/audit/late.ts imports modules/users/x.ts: audit may not use users');
  });
});

it('a module that is missing in the table fails the check', () => {
  expect(check({ 'modules/novelty/novelty.ts': [] }).output).toContain('modules/novelty is not in');
});

describe('a circle fails the check', () => {
  it('of modules', () => {
    const { exitCode, output } = check({
      'modules/users/users.service.ts': ['#modules/audit/audit.service'],
      'modules/audit/audit.service.ts': ['#modules/users/users.service'],
    });
    expect(exitCode).toBe(1);
    expect(output).toContain('circle: ');
  });

  it('of rooms; but files in front of the rooms may import them and be imported by them', () => {
    const rooms = {
      'modules/licenses/licenses.module.ts': ['./seats/seat-grants.js'],
      'modules/licenses/licenses.presenter.ts': ['./ledger/seat-ledger.js'],
      'modules/licenses/seats/seat-grants.ts': ['../ledger/seat-ledger.js', '../licenses.presenter.js'],
    };
    expect(check(rooms).output).toContain('0 circles');
    const { output } = check({ ...rooms, 'modules/licenses/ledger/seat-ledger.ts': ['../seats/seat-grants.js'] });
    expect(output).toContain('circle: modules/licenses/ledger -> modules/licenses/seats -> modules/licenses/ledger');
  });
});

function resolved(file: string, target: string): string[] {
  if (target.startsWith('#')) return [target.slice(1)];
  return [path.posix.dirname(file), target.replace(/\.js$/, '')];
}
