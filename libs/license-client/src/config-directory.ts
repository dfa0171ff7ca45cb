import os from 'node:os';
import path from 'node:path';

/**
 * The directory of this user's license files: `$CODITECT_CONFIG_DIR`, else `coditect` in the platform's configuration
 * directory (XDG Base Directory Specification; %APPDATA% on Windows).
 */
export function configDirectory(env: NodeJS.ProcessEnv = process.env): string {
  if (env['CODITECT_CONFIG_DIR']) return path.resolve(env['CODITECT_CONFIG_DIR']);
  const windows = process.platform === 'win32' ? env['APPDATA'] : undefined;
  // the specification says to ignore a relative path
  const xdg = path.isAbsolute(env['XDG_CONFIG_HOME'] ?? '') ? env['XDG_CONFIG_HOME'] : undefined;
  return path.join(windows ?? xdg ?? path.join(os.homedir(), '.config'), 'coditect');
}
