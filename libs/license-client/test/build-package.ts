import { execFileSync } from 'node:child_process';
import path from 'node:path';

/** Builds dist/ as it is packed, once before all test files. */
export default function buildPackage(): void {
  execFileSync('npm', ['run', 'build'], {
    cwd: path.join(import.meta.dirname, '..'),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
