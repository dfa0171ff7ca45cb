import { defineConfig } from '@playwright/test';
import { chromiumArgs, chromiumPath } from './chromium.js';

/** `npm run lighthouse -w apps/dashboard`: runs apart from the tests, one page at a time, on an idle machine. */
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
