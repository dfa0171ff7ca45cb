import path from 'node:path';

const LINUX = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const MAC = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];
const WINDOWS = [
  ['Google', 'Chrome', 'Application', 'chrome.exe'],
  ['Chromium', 'Application', 'chrome.exe'],
  ['Microsoft', 'Edge', 'Application', 'msedge.exe'],
];
const WINDOWS_FOLDERS = ['LOCALAPPDATA', 'ProgramFiles', 'ProgramFiles(x86)'];

interface Machine {
  platform: NodeJS.Platform;
  env: Record<string, string | undefined>;
  exists: (file: string) => boolean;
}

/** Returns the browser of this machine: CHROMIUM_PATH, otherwise the first one found where installers put it. */
export function installedBrowser({ platform, env, exists }: Machine): string | undefined {
  return [env['CHROMIUM_PATH'], ...usualPlaces(platform, env)].find((file) => file && exists(file));
}

function usualPlaces(platform: NodeJS.Platform, env: Machine['env']): string[] {
  if (platform === 'darwin') return MAC;
  if (platform !== 'win32') return LINUX;
  const folders = WINDOWS_FOLDERS.map((name) => env[name]).filter((folder) => folder !== undefined);
  return WINDOWS.flatMap((file) => folders.map((folder) => path.win32.join(folder, ...file)));
}
