// What the source files of a part import, and the graph of that.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** Returns the files that a source file imports, relative to `sources`, without those of other packages. */
export function importsOf(sources, file) {
  const own = `${packageName(path.dirname(sources))}/`;
  return specifiersOf(path.join(sources, file))
    .map((specifier) => {
      if (specifier.startsWith('#')) return withSuffix(sources, specifier.slice(1));
      // A package may import itself by its name, too.
      if (specifier.startsWith(own)) return withSuffix(sources, specifier.slice(own.length));
      if (specifier.startsWith('.')) return path.join(path.dirname(file), specifier).replace(/\.js$/, '.ts');
      return undefined;
    })
    .filter((target) => target !== undefined)
    .map((target) => path.relative(sources, path.join(sources, target))) // `../src/x` is `x`
    .filter((target) => !target.startsWith('..'));
}

/** Returns what the imports of a file name. The file is parsed: a search for words takes an apostrophe in JSX, or a
 *  backtick in a regular expression, for the start of a text, and overlooks the imports in it. */
function specifiersOf(file) {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
  const found = [];
  const visit = (node) => {
    const specifier = specifierOf(node);
    if (specifier && ts.isStringLiteralLike(specifier)) found.push(specifier.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** Returns the node that names the imported file, if the node is an import of any kind. */
function specifierOf(node) {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
  if (ts.isExternalModuleReference(node)) return node.expression; // import x = require('y')
  if (ts.isImportTypeNode(node)) return ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined;
  if (!ts.isCallExpression(node)) return undefined;
  const { expression: called } = node;
  const imports =
    called.kind === ts.SyntaxKind.ImportKeyword ||
    (ts.isIdentifier(called) && called.text === 'require') ||
    (ts.isPropertyAccessExpression(called) && ts.isMetaProperty(called.expression) && called.name.text === 'resolve');
  return imports ? node.arguments[0] : undefined;
}

/** Returns the name of the package in a folder; without a package.json, a name that no import has. */
function packageName(folder) {
  const manifest = path.join(folder, 'package.json');
  return existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')).name : '\0';
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
