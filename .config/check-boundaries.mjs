// Compares all imports with those that `boundaries.mjs` allows. Prints both paths of each forbidden import.
//   node .config/check-boundaries.mjs             workspaces, and the modules of the API
//   node .config/check-boundaries.mjs <folder>    only the modules of an API whose sources are in this folder
import path from 'node:path';
import { SCOPES, TESTS_ONLY, API_MODULES } from './boundaries.mjs';
import { checkModules } from './module-boundaries.mjs';
import { checkWorkspaces } from './workspace-boundaries.mjs';

const [sources] = process.argv.slice(2);
const modules = checkModules(sources ?? path.join(import.meta.dirname, '../apps/api/src'), API_MODULES);
const workspaces = sources === undefined ? checkWorkspaces(SCOPES, TESTS_ONLY) : { count: 0, wrong: [] };

const wrong = [...workspaces.wrong, ...modules.forbidden];
for (const circle of modules.circles) wrong.push(`circle: ${circle.join(' -> ')}`);
if (wrong.length > 0) console.error(wrong.join('\n'));
console.log(
  `boundaries: ${workspaces.count} workspaces, ${modules.count} modules, ${modules.circles.length} circles, ` +
    `${workspaces.wrong.length + modules.forbidden.length} forbidden imports`,
);
process.exitCode = wrong.length > 0 ? 1 : 0;
