import { defineConfig } from '@playwright/test';
import { chromiumArgs, chromiumPath } from './chromium.js';

/** `npm run pictures -w apps/dashboard`: takes the pictures of docs/ from a product that `npm start` runs. */
export default defineConfig({
  testDir: '.',
  testMatch: 'pictures.ts',
  workers: 1,
  timeout: 120_000,
  reporter: 'list',
  outputDir: '../.reports/pictures',
  use: {
    baseURL: process.env['DASHBOARD_URL'] ?? 'http://localhost:3001',
    launchOptions: { executablePath: await chromiumPath(), args: chromiumArgs },
    viewport: { width: 1280, height: 860 },
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    colorScheme: 'light',
  },
});
