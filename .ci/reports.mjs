// Finds the report of each part of `npm test`. The parts are the scripts in the package.json files.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Kind and file of the report of a script in a project's package.json. */
const REPORTS = {
  test: { kind: 'vitest', file: '.reports/vitest.json' },
  drills: { kind: 'vitest', file: '.reports/drills.json' },
  e2e: { kind: 'playwright', file: '.reports/playwright.json' },
};

/** Returns every report that should exist. `content` is that of its file, or undefined without one that can be read. */
export function reports() {
  const projects = ['apps', 'libs'].flatMap((dir) => readdirSync(dir).map((name) => path.join(dir, name)));
  return [...projects, 'prisma'].flatMap((project) => {
    const manifest = path.join(project, 'package.json');
    const scripts = existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')).scripts : {};
    return Object.entries(REPORTS)
      .filter(([script]) => scripts?.[script])
      .map(([script, { kind, file }]) => ({ script, project, kind, ...read(path.join(project, file)) }));
  });
}

/** Returns all specs of a Playwright suite and of the suites in it, as one list. */
export function specsOf(suite) {
  return [...(suite.specs ?? []), ...(suite.suites ?? []).flatMap(specsOf)];
}

function read(file) {
  const timings = file.replace(/\.json$/, '.timings.json');
  return { file, content: json(file), timings: json(timings) };
}

/** Returns the content of a file, or undefined if it is missing or was cut off because its process died. */
function json(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
