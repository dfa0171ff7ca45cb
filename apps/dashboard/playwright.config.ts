import { defineConfig, devices } from '@playwright/test';
import { chromiumArgs, chromiumPath } from './e2e/chromium.js';

// Every worker loads this file. The first one unpacks the browser.
const executablePath = await chromiumPath();
const desktop = { ...devices['Desktop Chrome'], channel: undefined, viewport: { width: 1280, height: 800 } };
const phone = { ...devices['Pixel 7'], viewport: { width: 390, height: 844 } };
const all = Boolean(process.env['E2E_ALL'] || process.env['TEST_FULL']);

export default defineConfig({
  testDir: 'e2e',
  testMatch: '**/*.e2e.ts',
  globalSetup: './e2e/global-setup.ts',
  fullyParallel: true,
  // As in vitest: `.only` would hide all other stories from `.ci/run`.
  forbidOnly: Boolean(process.env['CI']),
  // A story that fails once counts as failed.
  retries: 0,
  workers: 2,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [['list'], ['json', { outputFile: '.reports/playwright.json' }]],
  outputDir: '.reports/e2e',
  use: {
    launchOptions: { executablePath, args: chromiumArgs },
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    // Recording takes a third of the time.
    trace: process.env['E2E_TRACE'] ? 'retain-on-failure' : 'off',
    screenshot: 'only-on-failure',
  },
  // Every story runs on a desktop with the light theme. What users do on the way also runs on a phone with the dark
  // theme; pages.e2e.ts says which page is checked in which theme. `npm run test:full`, or E2E_ALL=1, runs every story
  // in all four combinations.
  projects: [
    { name: 'desktop, light', use: { ...desktop, colorScheme: 'light' } },
    {
      name: 'phone, dark',
      use: { ...phone, colorScheme: 'dark' },
      ...(all ? {} : { testMatch: ['pages', 'sign-in', 'seats', 'team'].map((file) => `${file}.e2e.ts`) }),
    },
    ...(all
      ? [
          { name: 'desktop, dark', use: { ...desktop, colorScheme: 'dark' as const } },
          { name: 'phone, light', use: { ...phone, colorScheme: 'light' as const } },
        ]
      : []),
  ],
});
