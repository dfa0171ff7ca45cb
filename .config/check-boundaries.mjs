// Module boundaries from the project graph of nx core: every package.json carries a "scope:*" tag in its "nx" field.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

// scope of the importing project -> scopes it may depend on
const MAY_DEPEND_ON = {
  'scope:shared': ['scope:shared'],
  'scope:client': ['scope:client', 'scope:shared'],
  // The API's tests start the local stack and drive it with the client; both are devDependencies.
  'scope:server': ['scope:server', 'scope:shared', 'scope:client', 'scope:local'],
  // Its browser tests start the local stack; that is a devDependency.
  'scope:browser': ['scope:client', 'scope:shared', 'scope:local'],
  'scope:staff': ['scope:client', 'scope:shared'],
  'scope:local': ['scope:local', 'scope:server', 'scope:browser', 'scope:client', 'scope:shared'],
};

const dir = mkdtempSync(path.join(os.tmpdir(), 'graph-'));
execFileSync('npx', ['nx', 'graph', `--file=${dir}/graph.json`], { stdio: 'ignore' });
const { nodes, dependencies } = JSON.parse(readFileSync(`${dir}/graph.json`, 'utf8')).graph;
rmSync(dir, { recursive: true });

const scopeOf = (name) => nodes[name].data.tags?.find((tag) => tag.startsWith('scope:'));
const wrong = [];
for (const name of Object.keys(nodes)) {
  const scope = scopeOf(name);
  if (!scope || !MAY_DEPEND_ON[scope]) wrong.push(`${name} has no known scope tag in its package.json`);
}
for (const [from, list] of Object.entries(dependencies)) {
  const manifest = JSON.parse(readFileSync(path.join(nodes[from].data.root, 'package.json'), 'utf8'));
  for (const { target } of list) {
    if (!nodes[target]) continue; // an npm package
    if (!MAY_DEPEND_ON[scopeOf(from)]?.includes(scopeOf(target)))
      wrong.push(`${from} (${scopeOf(from)}) must not depend on ${target} (${scopeOf(target)})`);
    const declared = { ...manifest.dependencies, ...manifest.devDependencies };
    if (!(target in declared)) wrong.push(`${from} imports ${target} without declaring it in its package.json`);
    const testsOnly =
      (scopeOf(from) === 'scope:server' && ['scope:client', 'scope:local'].includes(scopeOf(target))) ||
      (scopeOf(from) === 'scope:browser' && scopeOf(target) === 'scope:local');
    if (testsOnly && target in (manifest.dependencies ?? {}))
      wrong.push(`${from} may use ${target} in tests only: declare it under devDependencies`);
  }
}
if (wrong.length) {
  console.error(wrong.join('\n'));
  process.exit(1);
}
console.log(`boundaries: ${Object.keys(nodes).length} projects, no forbidden dependency`);
