// Reads the reports that the test run wrote and prints `N passed, N failed`. A part without a report, a file that did not
// load, a test that was skipped or passed at its second try, failed checks (exit code in the first argument) and a test run
// that failed otherwise (exit code in the second) each count as one failure.
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { reports, specsOf } from './reports.mjs';

const MESSAGE_CHARS = 1_500;

let passed = 0;
let failed = 0;
const fail = (what) => {
  failed += 1;
  console.log(`FAILED ${what}`);
};
const quote = (message) => console.log(stripVTControlCharacters(message).slice(0, MESSAGE_CHARS));

function countVitest({ testResults }, project) {
  if (testResults.length === 0) fail(`${project}: no test ran`);
  for (const { name, status, message, assertionResults } of testResults) {
    const file = path.relative('.', name);
    const wrong = assertionResults.filter((test) => test.status !== 'passed' || isRetried(test));
    passed += assertionResults.length - wrong.length;
    for (const test of wrong) {
      fail(`${file}: ${test.fullName} ${test.status === 'passed' ? 'passed at a second try' : `was ${test.status}`}`);
      if (test.failureMessages.length > 0) quote(test.failureMessages.join('\n'));
    }
    if (status === 'failed' && wrong.length === 0) {
      fail(`${file}: did not load, or failed outside of a test`);
      quote(message ?? '');
    }
  }
}

/** vitest reports a test that passed at its second try as passed, and lists the failures of the first try. */
const isRetried = ({ failureMessages }) => failureMessages.length > 0;

function countPlaywright({ suites, errors }, project) {
  if (errors.length > 0) {
    fail(`${project}: failed outside of a test`);
    quote(errors[0].message ?? '');
  }
  const specs = suites.flatMap(specsOf);
  if (specs.length === 0) fail(`${project}: no browser test ran`);
  for (const { title, file, tests } of specs)
    for (const { projectName, status, results } of tests) {
      // "expected" is also what passes at the first try only: later ones are "flaky".
      if (status === 'expected' && results.length === 1) passed += 1;
      else {
        fail(`${file}: ${title} [${projectName}] was ${status}`);
        quote(results.at(-1)?.error?.message ?? '');
      }
    }
}

for (const { script, project, kind, file, content } of reports()) {
  if (!content) fail(`${project}: "${script}" left no report that can be read (${file})`);
  else if (kind === 'vitest') countVitest(content, project);
  else countPlaywright(content, project);
}

const [, , check = '0', tests = '0'] = process.argv;
if (check !== '0') fail('npm run check');
// A failure that belongs to no single test, such as coverage below its threshold.
if (tests !== '0' && failed === 0) fail('npm test');
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
