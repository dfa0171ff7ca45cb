import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { API_MODULES, DASHBOARD_LAYERS, FEATURES } from '../../../.config/boundaries.mjs';
import { checkDashboard } from '../../../.config/dashboard-boundaries.mjs';
import { checkModules } from '../../../.config/module-boundaries.mjs';

const CHECK = fileURLToPath(new URL('../../../.config/check-boundaries.mjs', import.meta.url));

const folders: string[] = [];
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true })));

/** Returns a folder with these source files and their imports. */
function sourcesWith(imports: Record<string, string[]>): string {
  const sources = mkdtempSync(path.join(os.tmpdir(), 'boundaries-'));
  folders.push(sources);
  for (const [file, targets] of Object.entries(imports)) {
    mkdirSync(path.dirname(path.join(sources, file)), { recursive: true });
    writeFileSync(path.join(sources, file), targets.map((target) => `import '${target}';\n`).join(''));
  }
  return sources;
}
const check = (imports: Record<string, string[]>) => checkModules(sourcesWith(imports), API_MODULES);

describe('the command', () => {
  const command = (folder: string) => spawnSync(process.execPath, [CHECK, folder], { encoding: 'utf8' });

  it('passes for the sources of this repository', () => {
    const { status, stdout, stderr } = command(fileURLToPath(new URL('../..', import.meta.url)));
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/\d\d modules of the API, \d\d features of the dashboard, 0 circles, 0 forbidden imports/);
  });

  it('fails for one forbidden import, and prints both paths', () => {
    const [audit, button] = ['api/src/modules/audit/audit.service.ts', 'dashboard/src/ui/button.tsx'];
    const { status, stderr } = command(sourcesWith({ [audit]: ['#modules/users/x'], [button]: ['#session/me'] }));
    expect(status).toBe(1);
    expect(stderr).toContain('modules/audit/audit.service.ts imports modules/users/x.ts: audit may not use users');
    expect(stderr).toContain('ui/button.tsx imports session/me.ts: session stands above ui');
  });
});

describe('imports that the table allows', () => {
  it.each([
    ['a file that the other module offers', 'modules/users/users.service.ts', '#modules/audit/audit.service'],
    ['the module of the other module', 'modules/users/users.module.ts', '#modules/audit/audit.module'],
    ['the platform', 'modules/users/users.service.ts', '#platform/clock'],
    ['anything, at the root', 'app.module.ts', '#modules/users/users.controller'],
    ['anything, in a spec', 'modules/audit/audit.api.spec.ts', '#modules/users/users.service'],
    ['another room of the same module', 'modules/licenses/seats/seat-grants.ts', '../ledger/seat-ledger.js'],
  ])('pass: %s', (_, file, target) => {
    expect(check({ [file]: [target] })).toMatchObject({ circles: [], forbidden: [] });
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
    const line = `${file} imports ${path.posix.join(...resolved(file, target))}.ts: `;
    expect(check({ [file]: [target] }).forbidden).toEqual([expect.stringContaining(line)]);
  });

  it('also if it is written as import()', () => {
    const sources = { 'modules/audit/audit.service.ts': [] };
    const file = 'modules/audit/late.ts';
    const late = check({ ...sources, [file]: ["#modules/audit/audit.service'; await import('#modules/users/x"] });
    expect(late.forbidden).toEqual(['modules/audit/late.ts imports modules/users/x.ts: audit may not use users']);
  });
});

describe('an import is found, however it is written:', () => {
  /** Returns the folder `src` of a package with one source file. */
  function sourcesOf(name: string, file: string, text: string): string {
    const sources = path.join(sourcesWith({}), 'src');
    mkdirSync(path.dirname(path.join(sources, file)), { recursive: true });
    writeFileSync(path.join(sources, '../package.json'), JSON.stringify({ name }));
    writeFileSync(path.join(sources, file), text);
    return sources;
  }

  it.each([
    ['by the name of its own package', "import '@coditect/api/modules/users/x';"],
    ['by a path out of the sources and back', "import '../../../src/modules/users/x.js';"],
    ['by an alias with a detour', "import '#platform/../modules/users/x';"],
    ['as export … from', "export { x } from '#modules/users/x';"],
    ['as a type', "type X = import('#modules/users/x').X;"],
    ['with require', "require('#modules/users/x');"],
    ['with import.meta.resolve', "import.meta.resolve('#modules/users/x');"],
    ['behind a backtick in a regular expression', "/`/.test(''); await import('#modules/users/x');"],
  ])('%s', (_, text) => {
    const sources = sourcesOf('@coditect/api', 'modules/audit/late.ts', text);
    expect(checkModules(sources, API_MODULES).forbidden).toEqual([
      'modules/audit/late.ts imports modules/users/x.ts: audit may not use users',
    ]);
  });

  it('behind an apostrophe in the text of a page', () => {
    const text = "const page = <p>Don't {lazy(() => import('#session/me'))}</p>;";
    const sources = sourcesOf('@coditect/dashboard', 'ui/button.tsx', text);
    expect(checkDashboard(sources, DASHBOARD_LAYERS, FEATURES).forbidden).toEqual([
      'ui/button.tsx imports session/me.ts: session stands above ui',
    ]);
  });
});

it('a module that is missing in the table fails the check', () => {
  expect(check({ 'modules/novelty/novelty.ts': [] }).forbidden).toEqual([
    'modules/novelty is not in .config/boundaries.mjs',
  ]);
});

describe('a circle fails the check', () => {
  it('of modules', () => {
    const { circles } = check({
      'modules/users/users.service.ts': ['#modules/audit/audit.service'],
      'modules/audit/audit.service.ts': ['#modules/users/users.service'],
    });
    expect(circles).toEqual([['audit', 'users', 'audit']]);
  });

  it('of rooms; but files in front of the rooms may import them and be imported by them', () => {
    const rooms = {
      'modules/licenses/licenses.module.ts': ['./seats/seat-grants.js'],
      'modules/licenses/licenses.presenter.ts': ['./ledger/seat-ledger.js'],
      'modules/licenses/seats/seat-grants.ts': ['../ledger/seat-ledger.js', '../licenses.presenter.js'],
    };
    expect(check(rooms).circles).toEqual([]);
    const { circles } = check({ ...rooms, 'modules/licenses/ledger/seat-ledger.ts': ['../seats/seat-grants.js'] });
    expect(circles).toEqual([['modules/licenses/ledger', 'modules/licenses/seats', 'modules/licenses/ledger']]);
  });
});

describe('the dashboard', () => {
  const ofDashboard = (imports: Record<string, string[]>) =>
    checkDashboard(sourcesWith(imports), DASHBOARD_LAYERS, FEATURES);

  it.each([
    ['a layer below', 'features/team/team-page.tsx', '#ui/button'],
    ['a feature that the table names', 'features/team/team-page.tsx', '../billing/usage.tsx'],
    ['the texts of a feature', 'i18n/resources.d.ts', '#features/team/messages/en.json'],
    ['anything, in a spec', 'ui/button.spec.tsx', '#features/team/team-page'],
    ['anything, beside the layers', 'app.tsx', './routes/index.tsx'],
  ])('may import %s', (_, file, target) => {
    expect(ofDashboard({ [file]: [target] })).toMatchObject({ circles: [], forbidden: [] });
  });

  it.each([
    ['a layer above', 'ui/button.tsx', '#session/me', 'session stands above ui'],
    ['a page in the frame around it', 'shell/header.tsx', '#features/team/x', 'features stands above shell'],
    ['another feature', 'features/team/team-page.tsx', '../audit/x.ts', 'team may not use audit'],
    ['what starts the browser', 'ui/button.tsx', '../app.tsx', 'only a browser starts from there'],
    ['a folder that is in no table', 'ui/button.tsx', '../utils/x.ts', 'utils is not in .config/boundaries.mjs'],
  ])('may not import %s', (_, file, target, reason) => {
    expect(ofDashboard({ [file]: [target] }).forbidden).toEqual([expect.stringContaining(`: ${reason}`)]);
  });

  it('has no features that import each other', () => {
    const { circles } = ofDashboard({
      'features/team/a.ts': ['../billing/b.ts'],
      'features/billing/b.ts': ['../team/a.ts'],
    });
    expect(circles).toEqual([['billing', 'team', 'billing']]);
  });
});

function resolved(file: string, target: string): string[] {
  if (target.startsWith('#')) return [target.slice(1)];
  return [path.posix.dirname(file), target.replace(/\.js$/, '')];
}
