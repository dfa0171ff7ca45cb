import { expect, test } from './fixtures.js';

test('a project is created, archived, restored by undo, archived again and restored', async ({
  page,
  signIn,
  checkPage,
}) => {
  await signIn('member', { at: '/projects' });
  await expect(page.getByText('No projects yet')).toBeVisible();
  await checkPage();
  await page.getByRole('button', { name: 'New project' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'New project' });
  await dialog.getByRole('button', { name: 'Create project' }).click();
  await expect(dialog.getByText('Enter a name.')).toBeVisible();
  await checkPage();
  await dialog.getByLabel('Name').fill('Flight software');
  await dialog.getByLabel('Description').fill('Guidance, navigation and control');
  await dialog.getByRole('button', { name: 'Create project' }).click();
  const row = page.getByRole('row', { name: /Flight software/ });
  await expect(row).toBeVisible();
  await expect(page.getByRole('meter', { name: 'Active projects' })).toHaveAttribute('aria-valuenow', '1');
  await checkPage();

  const choose = async (action: string) => {
    await row.getByRole('button', { name: 'Actions for Flight software' }).click();
    await page.getByRole('menuitem', { name: action }).click();
  };
  await choose('Archive');
  await expect(row).toBeHidden();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(row).toBeVisible();

  await choose('Archive');
  await expect(row).toBeHidden();
  await page.getByLabel('Status').selectOption('Archived');
  await expect(page).toHaveURL(/status=archived/);
  await choose('Restore');
  await expect(row).toBeHidden();
  await page.goBack();
  await expect(row).toBeVisible();
  await row.getByRole('link', { name: 'Flight software' }).click();
  await expect(page.getByRole('dialog', { name: 'Flight software' }).getByText('Guidance')).toBeVisible();
  await checkPage();
});
