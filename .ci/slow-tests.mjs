// Prints the slowest spec files of the last run, and what share of each part goes into loading and setting up.
//   node .ci/slow-tests.mjs [how many files]
import path from 'node:path';
import { reports, specsOf } from './reports.mjs';

const [, , count = '20'] = process.argv;
const seconds = (ms) => (ms / 1000).toFixed(1).padStart(7);
const files = [];

console.log('   load  set-up   tests  in seconds of each worker, by part');
for (const { script, project, kind, content, timings } of reports()) {
  const part = project === 'apps/api' || script !== 'test' ? `${project} ${script}` : project;
  const costs = kind === 'playwright' ? content && costsOfPlaywright(content) : timings?.map(costOf);
  if (!costs) continue;
  files.push(...costs);
  const sum = (what) => costs.reduce((total, cost) => total + cost[what], 0);
  console.log(`${seconds(sum('load'))} ${seconds(sum('setUp'))} ${seconds(sum('tests'))}  ${part}`);
}

console.log(`\n   load  set-up   tests  the slowest files`);
const whole = ({ load, setUp, tests }) => load + setUp + tests;
for (const cost of files.toSorted((one, other) => whole(other) - whole(one)).slice(0, Number(count)))
  console.log(`${seconds(cost.load)} ${seconds(cost.setUp)} ${seconds(cost.tests)}  ${cost.file}`);

function costOf({ file, ...cost }) {
  return { file: path.relative('.', file), ...cost };
}

/** Playwright counts fixtures and hooks as the test's own. */
function costsOfPlaywright({ suites }) {
  const byFile = new Map();
  for (const { file, tests } of suites.flatMap(specsOf))
    for (const { results } of tests)
      for (const { duration } of results) byFile.set(file, (byFile.get(file) ?? 0) + duration);
  return [...byFile].map(([file, tests]) => ({ file: `e2e/${file}`, load: 0, setUp: 0, tests }));
}
