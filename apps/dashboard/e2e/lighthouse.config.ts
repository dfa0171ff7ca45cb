import { defineConfig } from '@playwright/test';
import { chromiumArgs, chromiumPath } from './chromium.js';

/** `npm run lighthouse -w apps/dashboard`: one at a time, on an idle machine, apart from the tests. */
export default defineConfig({
  testDir: '.',
  testMatch: 'lighthouse.ts',
  globalSetup: './global-setup.ts',
  workers: 1,
  timeout: 180_000,
  reporter: 'list',
  use: { launchOptions: { executablePath: await chromiumPath(), args: chromiumArgs } },
  outputDir: '../.reports/lighthouse',
});
