import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { freePort } from '@coditect/local-stack/ports';
import { type BrowserContext, chromium } from '@playwright/test';
import lighthouse, { desktopConfig } from 'lighthouse';
import { chromiumArgs, chromiumPath } from './chromium.js';
import { expect, test as base } from './fixtures.js';

const AT_LEAST = 95;
const CATEGORIES = ['performance', 'accessibility', 'best-practices'] as const;

/** Lighthouse measures a browser that it finds at a port; what was signed in there stays. */
const test = base.extend<{ browserAt: { context: BrowserContext; port: number } }>({
  // oxlint-disable-next-line no-empty-pattern -- Playwright reads the names of the parameter
  browserAt: async ({}, use) => {
    const port = await freePort();
    const profile = await mkdtemp(path.join(os.tmpdir(), 'lighthouse-'));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: await chromiumPath(),
      args: [...chromiumArgs, `--remote-debugging-port=${port}`],
    });
    await use({ context, port });
    await context.close();
    await rm(profile, { recursive: true, force: true });
  },
});

async function scores(url: string, port: number): Promise<Record<string, number>> {
  const options = { port, disableStorageReset: true, onlyCategories: [...CATEGORIES], logLevel: 'error' as const };
  const result = await lighthouse(url, options, desktopConfig);
  return Object.fromEntries(
    CATEGORIES.map((name) => [name, Math.round((result?.lhr.categories[name]?.score ?? 0) * 100)]),
  );
}

function judge(page: string, found: Record<string, number>): void {
  console.log(`Lighthouse (desktop), ${page}: ${JSON.stringify(found)}`);
  for (const [category, score] of Object.entries(found))
    expect([page, category, score >= AT_LEAST]).toEqual([page, category, true]);
}

test('the sign-in page', async ({ product, browserAt }) => {
  judge('sign-in', await scores(`${product.dashboardUrl}/sign-in`, browserAt.port));
});

test('the overview', async ({ product, browserAt, signIn }) => {
  const page = await browserAt.context.newPage();
  await page.goto(product.dashboardUrl);
  await signIn('owner', page);
  judge('overview', await scores(`${product.dashboardUrl}/`, browserAt.port));
});
