// The folders and features of the dashboard, from the imports of their source files. Specs may import everything.
import { Graph, importsOf, sourceFiles } from './source-imports.mjs';

/**
 * Checks two rules. A folder imports only folders that stand before it in `layers`. A feature imports only the features
 * that `features` allows, and features do not import each other in a circle. The files beside the folders put the parts
 * together. The texts of a feature (JSON) are data of the feature that everything may read.
 * @param sources folder with the layers
 * @returns `{ count, forbidden, circles }`: the number of features, a line for each forbidden import, each circle as a
 * list
 */
export function checkDashboard(sources, layers, features) {
  const forbidden = [];
  const graph = new Graph();
  const found = new Set();
  for (const file of sourceFiles(sources)) {
    found.add(featureOf(file));
    for (const target of importsOf(sources, file)) {
      if (target.endsWith('.json') || !file.includes('/')) continue;
      const reason = reasonAgainst(file, target, layers, features);
      if (reason) forbidden.push(`${file} imports ${target}: ${reason}`);
      const [from, to] = [featureOf(file), featureOf(target)];
      if (from && to) graph.add(from, to);
    }
  }
  found.delete(undefined);
  return { count: found.size, forbidden, circles: graph.circles() };
}

/** Returns why one file must not import the other, or undefined. */
function reasonAgainst(file, target, layers, features) {
  const [[from], [to]] = [file.split('/'), target.split('/')];
  if (!target.includes('/')) return 'only a browser starts from there';
  for (const folder of [from, to]) if (!layers.includes(folder)) return `${folder} is not in .config/boundaries.mjs`;
  if (from !== to) return layers.indexOf(to) < layers.indexOf(from) ? undefined : `${to} stands above ${from}`;
  const [feature, other] = [featureOf(file), featureOf(target)];
  if (feature === other) return undefined;
  return features[feature]?.includes(other) ? undefined : `${feature} may not use ${other}`;
}

function featureOf(file) {
  const [first, second] = file.split('/');
  return first === 'features' ? second : undefined;
}
