// The workspaces: their dependencies come from the project graph of nx.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Returns the number of workspaces and the dependencies between them that the tables forbid, a line each. */
export function checkWorkspaces(scopes, testsOnly) {
  const { nodes, dependencies } = projectGraph();
  const scopeOf = (name) => nodes[name].data.tags?.find((tag) => tag.startsWith('scope:'));
  const wrong = [];
  for (const name of Object.keys(nodes))
    if (!scopes[scopeOf(name)]) wrong.push(`${name} has no known scope tag in its package.json`);
  for (const [from, list] of Object.entries(dependencies)) {
    const manifest = JSON.parse(readFileSync(path.join(nodes[from].data.root, 'package.json'), 'utf8'));
    const declared = { ...manifest.dependencies, ...manifest.devDependencies };
    for (const { target } of list) {
      if (!nodes[target]) continue; // an npm package
      const [a, b] = [scopeOf(from), scopeOf(target)];
      if (!scopes[a]?.includes(b)) wrong.push(`${from} (${a}) must not depend on ${target} (${b})`);
      if (!(target in declared)) wrong.push(`${from} imports ${target} without declaring it in its package.json`);
      if (testsOnly[a]?.includes(b) && target in (manifest.dependencies ?? {}))
        wrong.push(`${from} may use ${target} in tests only: declare it under devDependencies`);
    }
  }
  return { count: Object.keys(nodes).length, wrong };
}

function projectGraph() {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'graph-'));
  try {
    execFileSync('npx', ['nx', 'graph', `--file=${dir}/graph.json`], { stdio: 'ignore' });
    return JSON.parse(readFileSync(`${dir}/graph.json`, 'utf8')).graph;
  } finally {
    rmSync(dir, { recursive: true });
  }
}
