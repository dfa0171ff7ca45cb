import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const { resolve } = createRequire(import.meta.url);
const CLI = resolve('prisma/build/index.js');
const NODE_MODULES = path.resolve(path.dirname(resolve('prisma/package.json')), '..');

export interface CliResult {
  exitCode: number;
  /** stdout and stderr. */
  output: string;
}

/** This folder, or a copy of it, with the Prisma CLI. */
export interface PrismaFolder {
  cli: (ownerUrl: string, ...args: string[]) => Promise<CliResult>;
  migrations: () => string[];
  /** Returns the SQL of the migration with this name. Writes it first if `sql` is given. */
  migration: (name: string, sql?: string) => string;
  /** Adds lines to a model of the schema. */
  extendModel: (model: string, lines: string) => void;
}

/** The folder itself. Tests must not write to it. */
export const prismaFolder = openFolder(PROJECT);

const copies: string[] = [];
afterAll(() => copies.forEach((dir) => rmSync(dir, { recursive: true })));

/** A copy that one test may change. It is removed after the last test. */
export function copyOfPrismaFolder(): PrismaFolder {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'prisma-'));
  copies.push(dir);
  for (const name of ['migrations', 'package.json', 'prisma.config.ts', 'schema-engine.mjs', 'schema.prisma'])
    cpSync(path.join(PROJECT, name), path.join(dir, name), { recursive: true });
  symlinkSync(NODE_MODULES, path.join(dir, 'node_modules'));
  return openFolder(dir);
}

function openFolder(dir: string): PrismaFolder {
  const migrations = () => readdirSync(path.join(dir, 'migrations')).filter((name) => /^\d{14}_/.test(name));
  return {
    cli: (ownerUrl, ...args) =>
      new Promise((done) => {
        const quiet = { CHECKPOINT_DISABLE: '1', PRISMA_HIDE_UPDATE_MESSAGE: '1', NO_COLOR: '1' };
        const env = { ...process.env, ...quiet, MIGRATE_DATABASE_URL: ownerUrl };
        const child = execFile(process.execPath, [CLI, ...args], { cwd: dir, env }, (_error, stdout, stderr) =>
          done({ exitCode: child.exitCode ?? -1, output: `${stdout}\n${stderr}` }),
        );
      }),
    migrations,
    migration(name, sql) {
      const folder = migrations().find((found) => found.slice(15) === name) ?? `29991231235959_${name}`;
      const file = path.join(dir, 'migrations', folder, 'migration.sql');
      if (sql !== undefined) {
        mkdirSync(path.dirname(file), { recursive: true });
        writeFileSync(file, sql);
      }
      return readFileSync(file, 'utf8');
    },
    extendModel(model, lines) {
      const file = path.join(dir, 'schema.prisma');
      writeFileSync(file, readFileSync(file, 'utf8').replace(`model ${model} {\n`, `model ${model} {\n  ${lines}\n`));
    },
  };
}
