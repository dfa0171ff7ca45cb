import { expect, test } from './fixtures.js';
import { showTheme } from './show-theme.js';

/** The pages of the navigation: path and main heading. */
const PAGES = [
  ['/', 'Overview'],
  ['/sessions', 'Sessions'],
  ['/licenses', 'Licenses'],
  ['/team', 'Team'],
  ['/projects', 'Projects'],
  ['/analytics', 'Analytics'],
  ['/billing', 'Billing'],
  ['/audit', 'Audit log'],
  ['/developers', 'Developers'],
  ['/settings', 'Settings'],
  ['/profile', 'Profile'],
] as const;

/** `npm run test:full` checks every page in both themes and sizes. `npm test` checks one theme per size. */
const BOTH_THEMES = Boolean(process.env['E2E_ALL'] || process.env['TEST_FULL']);

test('every page passes the accessibility checks, fits the screen, and logs no error, in both themes', async ({
  page,
  signIn,
  checkPage,
  colorScheme,
}) => {
  test.slow();
  const own: 'light' | 'dark' = colorScheme === 'dark' ? 'dark' : 'light';
  const other: 'light' | 'dark' = own === 'dark' ? 'light' : 'dark';
  const themes = [own, other] as const;
  let looked = 0;
  const checkThemes = async () => {
    const alone = looked % 2 === 0 ? own : other;
    looked += 1;
    for (const theme of BOTH_THEMES ? themes : [alone]) {
      await showTheme(page, theme);
      await checkPage();
    }
    await showTheme(page, own);
  };
  await page.goto('/sign-in');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await checkThemes();
  await signIn('owner');
  for (const [path, title] of PAGES) {
    await page.goto(path);
    await expect(page.getByRole('heading', { level: 1, name: title })).toBeVisible();
    await expect(page.getByRole('status', { name: 'Loading' })).toHaveCount(0);
    await checkThemes();
  }
});

test('the chosen language and theme are used on every page, also after a reload', async ({ page, signIn }) => {
  await signIn('owner');
  await page.getByRole('button', { name: /^Account of/ }).click();
  await page.getByRole('menuitemradio', { name: 'Deutsch' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Übersicht' })).toBeVisible();
  await page.getByRole('button', { name: /^Konto von/ }).click();
  await page.getByRole('menuitemradio', { name: 'Dunkel' }).click();
  await page.reload();
  await expect(page.getByRole('heading', { level: 1, name: 'Übersicht' })).toBeVisible();
  await expect(page.locator('html')).toHaveClass(/dark/);
  await expect(page.locator('html')).toHaveAttribute('lang', 'de');
});
