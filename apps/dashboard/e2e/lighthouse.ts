import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { freePort } from '@coditect/local-stack/ports';
import { type BrowserContext, chromium } from '@playwright/test';
import lighthouse, { desktopConfig } from 'lighthouse';
import { chromiumArgs, chromiumPath } from './chromium.js';
import { expect, test as base } from './fixtures.js';

// A devDependency instead of `npx lighthouse`: the lock file pins its version, and the run needs no registry.

const AT_LEAST = 95;
const CATEGORIES = ['performance', 'accessibility', 'best-practices'] as const;

/** Lighthouse connects to a browser by its port. A login in that browser is kept. */
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

/** Measures a page, reports what cost points, and asserts a minimum score in each category. */
async function judge(page: string, url: string, port: number): Promise<void> {
  const options = { port, disableStorageReset: true, onlyCategories: [...CATEGORIES], logLevel: 'error' as const };
  const { categories, audits } = (await lighthouse(url, options, desktopConfig))!.lhr;
  const found = CATEGORIES.map((name) => [name, Math.round((categories[name]?.score ?? 0) * 100)] as const);
  console.log(`Lighthouse (desktop), ${page}: ${JSON.stringify(Object.fromEntries(found))}`);
  for (const { id, weight } of CATEGORIES.flatMap((name) => categories[name]?.auditRefs ?? [])) {
    const audit = audits[id];
    if (!audit || weight === 0 || audit.score === null || audit.score === 1) continue;
    const { score, title, displayValue = '', details } = audit;
    const items = details && 'items' in details ? JSON.stringify(details.items) : '';
    console.log(`  ${id} ${score}: ${title} ${displayValue} ${items.slice(0, 500)}`);
  }
  for (const [category, score] of found) expect([page, category, score >= AT_LEAST]).toEqual([page, category, true]);
}

test('the sign-in page', async ({ product, browserAt }) => {
  await judge('sign-in', `${product.dashboardUrl}/sign-in`, browserAt.port);
});

test('the overview', async ({ product, browserAt, signIn }) => {
  const page = await browserAt.context.newPage();
  await page.goto(product.dashboardUrl);
  await signIn('owner', { on: page });
  await judge('overview', `${product.dashboardUrl}/`, browserAt.port);
});
