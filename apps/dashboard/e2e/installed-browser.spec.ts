import { describe, expect, it } from 'vitest';
import { installedBrowser } from './installed-browser.js';

const chromeOfMac = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';
const chromeOfWindows = String.raw`C:\Program Files\Google\Chrome\Application\chrome.exe`;
const edge = String.raw`C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe`;
const windowsFolders = {
  ProgramFiles: String.raw`C:\Program Files`,
  'ProgramFiles(x86)': String.raw`C:\Program Files (x86)`,
};

const onMachine = (platform: NodeJS.Platform, files: string[], env: Record<string, string> = {}) =>
  installedBrowser({ platform, env, exists: (file) => files.includes(file) });

describe('the browser of the browser stories', () => {
  it.each([
    ['linux', '/usr/bin/chromium', {}],
    ['linux', '/usr/bin/google-chrome', {}],
    ['darwin', chromeOfMac, {}],
    ['win32', chromeOfWindows, windowsFolders],
    ['win32', edge, windowsFolders],
  ] as const)('on %s is the installed %s', (platform, file, env) => {
    expect(onMachine(platform, [file], env)).toBe(file);
  });

  it.each(['linux', 'darwin', 'win32'] as const)('on %s, CHROMIUM_PATH comes before any other', (platform) => {
    const installed = ['/usr/bin/chromium', chromeOfMac, chromeOfWindows];
    const env = { ...windowsFolders, CHROMIUM_PATH: '/opt/chromium' };
    expect(onMachine(platform, ['/opt/chromium', ...installed], env)).toBe('/opt/chromium');
    expect(installed).toContain(onMachine(platform, installed, env)); // CHROMIUM_PATH names no file
  });

  it.each(['linux', 'darwin', 'win32'] as const)('on %s, there is none when none is installed', (platform) => {
    expect(onMachine(platform, [], windowsFolders)).toBeUndefined();
  });
});
