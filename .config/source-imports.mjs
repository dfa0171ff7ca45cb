// What the source files of a part import, and the graph of that.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** Returns the files that a source file imports, relative to `sources`, without those of other packages. */
export function importsOf(sources, file) {
  const { importedFiles } = ts.preProcessFile(readFileSync(path.join(sources, file), 'utf8'), true, true);
  return importedFiles
    .map(({ fileName }) => {
      if (fileName.startsWith('#')) return withSuffix(sources, fileName.slice(1));
      if (fileName.startsWith('.')) return path.join(path.dirname(file), fileName).replace(/\.js$/, '.ts');
      return undefined;
    })
    .filter((target) => target !== undefined && !target.startsWith('..'));
}

/** An alias names a TypeScript file without its suffix, and texts with it. */
function withSuffix(sources, target) {
  if (target.endsWith('.json')) return target;
  return existsSync(path.join(sources, `${target}.tsx`)) ? `${target}.tsx` : `${target}.ts`;
}

/** Returns the source files below a folder, relative to it, without specs. */
export function sourceFiles(sources) {
  return readdirSync(sources, { recursive: true })
    .map((file) => file.split(path.sep).join('/'))
    .filter((file) => /\.tsx?$/.test(file) && !/\.spec\.tsx?$/.test(file))
    .toSorted((a, b) => a.localeCompare(b)); // so that the report is the same on every file system
}

/** A directed graph of names that knows its circles. */
export class Graph {
  #edges = new Map();

  add(from, to) {
    if (from === to) return;
    if (!this.#edges.has(from)) this.#edges.set(from, new Set());
    this.#edges.get(from).add(to);
  }

  /** Returns the circles that a search finds. Each is the list of names on the way from a name back to itself. */
  circles() {
    const found = [];
    const done = new Set();
    const visit = (name, way) => {
      if (way.includes(name)) {
        found.push([...way.slice(way.indexOf(name)), name]);
        return;
      }
      if (done.has(name)) return;
      for (const next of this.#edges.get(name) ?? []) visit(next, [...way, name]);
      done.add(name);
    };
    for (const name of this.#edges.keys()) visit(name, []);
    return found;
  }
}
