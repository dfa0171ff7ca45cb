// The modules of the API, from the imports of their source files. Specs may import everything.
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { Graph, importsOf, sourceFiles } from './source-imports.mjs';

/**
 * Checks three rules. A module imports only the modules and files that the table allows. `platform` and `config` import
 * nothing above them. Modules do not import each other in a circle, and neither do the rooms of one module. The files
 * directly in the folder of a module belong to no room: they put its rooms together, or the rooms share them.
 * @param sources folder with `modules`, `platform` and `config`
 * @returns `{ count, forbidden, circles }`: the number of modules, a line for each forbidden import, each circle as a
 * list
 */
export function checkModules(sources, table) {
  const forbidden = [];
  const units = new Graph();
  const rooms = new Graph();
  for (const file of sourceFiles(sources)) {
    const from = unitOf(file);
    for (const target of importsOf(sources, file)) {
      const to = unitOf(target);
      if (from === to) {
        if (isInRoom(file) && isInRoom(target)) rooms.add(path.dirname(file), path.dirname(target));
        continue;
      }
      units.add(from, to);
      const reason = reasonAgainst(from, to, target, table);
      if (reason) forbidden.push(`${file} imports ${target}: ${reason}`);
    }
  }
  const modules = listOf(path.join(sources, 'modules'));
  for (const name of modules) if (!table[name]) forbidden.push(`modules/${name} is not in .config/boundaries.mjs`);
  return { count: modules.length, forbidden, circles: [...units.circles(), ...rooms.circles()] };
}

/** Returns why one unit must not import this file of another, or undefined. */
function reasonAgainst(from, to, target, table) {
  if (from === ROOT || to === 'config') return undefined;
  if (from === 'config') return 'config stands below everything';
  if (from === 'platform') return 'platform stands below the modules';
  if (to === ROOT) return 'only a process starts from there';
  if (to === 'platform') return undefined;
  if (!table[from]?.uses.includes(to)) return `${from} may not use ${to}`;
  const inside = target.split('/').slice(2).join('/').replace(/\.ts$/, '');
  if (inside.endsWith('.module') && !inside.includes('/')) return undefined;
  return table[to]?.offers.includes(inside) ? undefined : `${to} does not offer ${inside}`;
}

const ROOT = 'src';

/** `modules/<name>` is a unit by its name; `platform` and `config` are one each; the rest is the root. */
function unitOf(file) {
  const [first, second] = file.split('/');
  if (first === 'modules') return second;
  return file.includes('/') ? first : ROOT;
}

/** A room is a folder in a module, or in `platform`. */
function isInRoom(file) {
  return file.split('/').length > (file.startsWith('modules/') ? 3 : 2);
}

function listOf(folder) {
  return existsSync(folder) ? readdirSync(folder).toSorted() : [];
}
