import os from 'node:os';
import path from 'node:path';

/**
 * Where this user's license files are kept: `$CODITECT_CONFIG_DIR`, else `coditect` in the platform's directory for
 * configuration (XDG Base Directory Specification; %APPDATA% on Windows).
 */
export function configDirectory(env: NodeJS.ProcessEnv = process.env): string {
  if (env['CODITECT_CONFIG_DIR']) return path.resolve(env['CODITECT_CONFIG_DIR']);
  const windows = process.platform === 'win32' ? env['APPDATA'] : undefined;
  // the specification tells to ignore a relative path
  const xdg = path.isAbsolute(env['XDG_CONFIG_HOME'] ?? '') ? env['XDG_CONFIG_HOME'] : undefined;
  return path.join(windows ?? xdg ?? path.join(os.homedir(), '.config'), 'coditect');
}
