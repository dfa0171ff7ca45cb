import { expect, test } from './fixtures.js';

/** Every page of the navigation, by its path and its first heading. */
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

/** `npm run test:full` looks at every page in both themes in each size; `npm test` in one theme on a desktop, in the other on a phone. */
const BOTH_THEMES = Boolean(process.env['E2E_ALL'] || process.env['TEST_FULL']);

test('every page can be used by everybody, fits the screen, and writes no error, in the light and in the dark', async ({
  page,
  signIn,
  checkPage,
  colorScheme,
}) => {
  test.slow();
  const own = colorScheme === 'dark' ? 'dark' : 'light';
  const other = own === 'dark' ? 'light' : 'dark';
  const themes = [own, other] as const;
  let looked = 0;
  const checkThemes = async () => {
    const alone = themes[looked % 2]!;
    looked += 1;
    for (const theme of BOTH_THEMES ? themes : [alone]) {
      await page.emulateMedia({ colorScheme: theme });
      await expect(page.locator('html')).toHaveClass(theme === 'dark' ? /dark/ : /^(?!.*dark)/);
      await page.evaluate(async () => {
        const fading = document.getAnimations().filter((animation) => animation instanceof CSSTransition);
        await Promise.allSettled(fading.map(({ finished }) => finished));
      });
      await checkPage();
    }
    await page.emulateMedia({ colorScheme: own });
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

test('the pages speak the language and wear the theme that were chosen, after a reload too', async ({
  page,
  signIn,
}) => {
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
