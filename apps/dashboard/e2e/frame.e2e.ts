import { expect, test } from './fixtures.js';

test('a person who is not signed in comes to the sign-in page', async ({ page }) => {
  await page.goto('/team');
  await expect(page).toHaveURL(/\/sign-in\?redirect=%2Fteam/);
});
