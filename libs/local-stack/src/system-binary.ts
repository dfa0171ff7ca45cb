import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';
import { run } from './command.js';

export interface SystemBinaryOptions {
  /** The Debian package, if its name differs. */
  package?: string;
  /** Directories to search besides the PATH. Some packages install servers where only root looks. */
  also?: readonly string[];
  /** How to install it on other systems, for the error message: `macOS: brew install redis`. */
  elsewhere?: string;
  /** Called once before the package manager installs it, which takes a while. */
  onInstall?: (() => void) | undefined;
}

/**
 * Finds a program that npm does not offer. As root on Debian, it is installed if missing.
 * @throws Error with installation advice if it is neither installed nor installable
 */
export async function systemBinary(name: string, options: SystemBinaryOptions = {}): Promise<string> {
  const find = () => findOnPath(name, options.also);
  return find() ?? (await install(name, options, find));
}

function findOnPath(name: string, also: readonly string[] = []): string | undefined {
  return [...(process.env.PATH ?? '').split(path.delimiter), ...also]
    .map((dir) => path.join(dir, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

async function install(
  name: string,
  { package: wanted = name, elsewhere, onInstall }: SystemBinaryOptions,
  find: () => string | undefined,
): Promise<string> {
  const command = `apt-get install -y --no-install-recommends ${wanted}`;
  const advice = `Install it (Debian, Ubuntu: sudo ${command}${elsewhere ? `; ${elsewhere}` : ')'}.`;
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version'))
    throw new Error(`${name} is not on the PATH. ${advice}`);
  onInstall?.();
  await run('sh', ['-c', `${command} || { apt-get update && ${command}; }`], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  }).catch((error: unknown) => {
    throw new Error(`${name} is not on the PATH and apt-get could not install it. ${advice}`, { cause: error });
  });
  const binary = find();
  if (!binary) throw new Error(`apt-get installed no ${name} on the PATH. ${advice}`);
  return binary;
}
