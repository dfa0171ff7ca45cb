// Reads the reports that the test run wrote and prints `N passed, N failed`. A project without a report, a file that did
// not load, failed checks (exit code in the first argument) and a test run that failed otherwise (exit code in the second)
// each count as one failure.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';

const MESSAGE_CHARS = 1_500;

let passed = 0;
let failed = 0;
const fail = (what) => {
  failed += 1;
  console.log(`FAILED ${what}`);
};

const projects = ['apps', 'libs'].flatMap((dir) => readdirSync(dir).map((name) => path.join(dir, name)));
for (const project of [...projects, 'prisma']) {
  const manifest = path.join(project, 'package.json');
  if (!existsSync(manifest) || !JSON.parse(readFileSync(manifest, 'utf8')).scripts?.test) continue;
  const report = path.join(project, '.reports/vitest.json');
  if (!existsSync(report)) {
    fail(`${project}: no report`);
    continue;
  }
  const { testResults, numPassedTests } = JSON.parse(readFileSync(report, 'utf8'));
  passed += numPassedTests;
  if (testResults.length === 0) fail(`${project}: no test ran`);
  for (const { name, status, assertionResults } of testResults) {
    const wrong = assertionResults.filter((test) => test.status === 'failed');
    for (const test of wrong) {
      fail(`${path.relative('.', name)}: ${test.fullName}`);
      console.log(stripVTControlCharacters(test.failureMessages.join('\n')).slice(0, MESSAGE_CHARS));
    }
    if (status === 'failed' && wrong.length === 0) fail(`${path.relative('.', name)}: did not load`);
    for (const test of assertionResults)
      if (test.status !== 'passed' && test.status !== 'failed')
        fail(`${path.relative('.', name)}: ${test.fullName} was ${test.status}`);
  }
}

// Tests in a browser have a report of their own kind.
const browserReport = 'apps/dashboard/.reports/playwright.json';
if (existsSync(browserReport)) {
  const { suites, errors } = JSON.parse(readFileSync(browserReport, 'utf8'));
  if (errors.length > 0)
    fail(`${browserReport}: ${stripVTControlCharacters(errors[0].message ?? '').slice(0, MESSAGE_CHARS)}`);
  const specsOf = (suite) => [...(suite.specs ?? []), ...(suite.suites ?? []).flatMap(specsOf)];
  for (const { title, file, tests } of suites.flatMap(specsOf))
    for (const { projectName, status, results } of tests) {
      if (status === 'expected') passed += 1;
      else {
        fail(`${file}: ${title} [${projectName}] was ${status}`);
        console.log(stripVTControlCharacters(results.at(-1)?.error?.message ?? '').slice(0, MESSAGE_CHARS));
      }
    }
} else fail('no browser test ran');

const check = process.argv[2] ?? '0';
if (check !== '0') fail('npm run check');
// Of no single test: coverage below its threshold, say.
if ((process.argv[3] ?? '0') !== '0' && failed === 0) fail('npm test');
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
