import { expect, test } from './fixtures.js';

test('a user who is not signed in is sent to the sign-in page', async ({ page }) => {
  await page.goto('/team');
  await expect(page).toHaveURL(/\/sign-in\?redirect=%2Fteam/);
});
