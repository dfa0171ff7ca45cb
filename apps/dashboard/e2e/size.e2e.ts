import { readdirSync, readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.js';

/**
 * Limits in kB, gzipped: the scripts and styles that a browser with an empty cache loads until the page can be used.
 */
const AT_MOST = { 'the sign-in page': 150, 'the overview': 215 };

/** Returns the kB that the page has loaded since it was opened. */
async function fetched(page: Page): Promise<number> {
  const bytes = await page.evaluate(() =>
    (performance.getEntriesByType('resource') as PerformanceResourceTiming[])
      .filter(({ name }) => /\.(js|css)$/.test(new URL(name).pathname))
      .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0),
  );
  return Math.round(bytes / 1000);
}

test('the first pages stay below their size limits', async ({ page, signIn, browser }) => {
  await page.setExtraHTTPHeaders({ 'accept-encoding': 'gzip' });
  await page.goto('/sign-in');
  await expect(page.getByRole('link', { name: 'Continue with Company' })).toBeVisible();
  const signInPage = await fetched(page);

  const context = await browser.newContext({ extraHTTPHeaders: { 'accept-encoding': 'gzip' } });
  const cold = await context.newPage();
  await signIn('owner', { on: cold });
  await expect(cold.getByText('Waiting for your first seat…')).toBeVisible();
  const found = { 'the sign-in page': signInPage, 'the overview': await fetched(cold) };
  await context.close();

  console.log(`kB (gzip) of scripts and styles: ${JSON.stringify(found)}`);
  for (const [name, kilobytes] of Object.entries(found))
    expect([name, kilobytes, kilobytes <= AT_MOST[name as keyof typeof AT_MOST]]).toEqual([name, kilobytes, true]);
});

test('no script contains zod: lists and limits of the contracts come without it', () => {
  const assets = new URL('../dist/assets/', import.meta.url);
  const maps = readdirSync(assets).filter((name) => name.endsWith('.js.map'));
  const sources = maps.flatMap(
    (name) => (JSON.parse(readFileSync(new URL(name, assets), 'utf8')) as { sources: string[] }).sources,
  );
  expect(sources.filter((source) => /\/libs\/contracts\//.test(source))).not.toEqual([]);
  expect(sources.filter((source) => /\/node_modules\/zod\//.test(source))).toEqual([]);
});
