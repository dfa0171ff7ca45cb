// Compares all imports with those that `boundaries.mjs` allows. Prints both paths of each forbidden import.
//   node .config/check-boundaries.mjs             workspaces, modules of the API, features of the dashboard
//   node .config/check-boundaries.mjs <folder>    only API and dashboard, whose sources are in this folder
import path from 'node:path';
import { API_MODULES, DASHBOARD_LAYERS, FEATURES, SCOPES, TESTS_ONLY } from './boundaries.mjs';
import { checkDashboard } from './dashboard-boundaries.mjs';
import { checkModules } from './module-boundaries.mjs';
import { checkWorkspaces } from './workspace-boundaries.mjs';

const [folder] = process.argv.slice(2);
const sourcesOf = (app) => path.join(folder ?? path.join(import.meta.dirname, '../apps'), app, 'src');
const workspaces = folder === undefined ? checkWorkspaces(SCOPES, TESTS_ONLY) : { count: 0, wrong: [] };
const modules = checkModules(sourcesOf('api'), API_MODULES);
const dashboard = checkDashboard(sourcesOf('dashboard'), DASHBOARD_LAYERS, FEATURES);

const forbidden = [...workspaces.wrong, ...modules.forbidden, ...dashboard.forbidden];
const circles = [...modules.circles, ...dashboard.circles].map((circle) => `circle: ${circle.join(' -> ')}`);
if (forbidden.length + circles.length > 0) console.error([...forbidden, ...circles].join('\n'));
console.log(
  `boundaries: ${workspaces.count} workspaces, ${modules.count} modules of the API, ${dashboard.count} features of the ` +
    `dashboard, ${circles.length} circles, ${forbidden.length} forbidden imports`,
);
process.exitCode = forbidden.length + circles.length > 0 ? 1 : 0;
