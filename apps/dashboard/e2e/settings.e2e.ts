import { expect, test } from './fixtures.js';
import { PASSWORD } from './tenants.js';

test('an owner renames the organization, closes it and reopens it', async ({ page, tenant, signIn, checkPage }) => {
  await signIn('owner', { at: '/settings' });
  await page.getByLabel('Name', { exact: true }).fill('Acme Aerospace');
  await checkPage();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Saved', { exact: true })).toBeVisible();

  await page.getByRole('button', { name: 'Close organization…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Close Acme Aerospace?' });
  await expect(dialog.getByRole('button', { name: 'Close organization' })).toBeDisabled();
  await dialog.getByLabel(/^Type/).fill(tenant.slug);
  await dialog.getByLabel('Your password').fill('not this one');
  await checkPage();
  await dialog.getByRole('button', { name: 'Close organization' }).click();
  await expect(dialog.getByText('The password is wrong.')).toBeVisible();
  await dialog.getByLabel('Your password').fill(PASSWORD);
  await dialog.getByRole('button', { name: 'Close organization' }).click();
  await expect(page.getByRole('heading', { name: 'This organization is closed' })).toBeVisible();
  await expect(page.getByLabel('Name', { exact: true })).toBeDisabled();
  await checkPage();
  await page.getByRole('button', { name: 'Reopen organization' }).click();
  await expect(page.getByLabel('Name', { exact: true })).toBeEnabled();
});

test('an owner gets all data of the organization as a file', async ({ page, signIn, checkPage }) => {
  await signIn('owner', { at: '/settings' });
  await page.getByRole('button', { name: 'Request export' }).click();
  const made = page.getByRole('listitem').filter({ has: page.getByRole('button', { name: 'Download' }) });
  await expect(made).toBeVisible({ timeout: 20_000 });
  await made.getByRole('link').click();
  await expect(page.getByText('The export is ready.')).toBeVisible();
  await checkPage();
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download' }).click();
  expect((await download).suggestedFilename()).toMatch(/^export-\d{4}-\d\d-\d\d\.zip$/);
});

test('a viewer sees the plan and how much of it is used', async ({ page, signIn, checkPage }) => {
  await signIn('viewer', { at: '/billing' });
  await expect(page.getByRole('meter', { name: 'Users' })).toHaveAttribute('aria-valuenow', '4');
  await expect(page.getByRole('meter', { name: 'coditect seats' })).toHaveAttribute('aria-valuemax', '5');
  await checkPage();
});
