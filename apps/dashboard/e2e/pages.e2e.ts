import { expect, test } from './fixtures.js';

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

test('every page passes the accessibility checks, fits the screen, and logs no error, in both themes', async ({
  page,
  signIn,
  checkPage,
  colorScheme,
}) => {
  test.slow();
  const checkThemes = async () => {
    await checkPage();
    for (const theme of [colorScheme === 'dark' ? 'light' : 'dark', colorScheme] as const) {
      await page.emulateMedia({ colorScheme: theme });
      await expect(page.locator('html')).toHaveClass(theme === 'dark' ? /dark/ : /^(?!.*dark)/);
      await page.evaluate(async () => {
        const fading = document.getAnimations().filter((animation) => animation instanceof CSSTransition);
        await Promise.allSettled(fading.map(({ finished }) => finished));
      });
      if (theme !== colorScheme) await checkPage();
    }
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
