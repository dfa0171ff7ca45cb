import { withClient } from '@coditect/local-stack/database';
import type { Page } from '@playwright/test';
import { codeOf } from './authenticator.js';
import { expect, test } from './fixtures.js';
import { mailedLink } from './mailbox.js';
import { PASSWORD } from './tenants.js';

const heading = (page: Page, name: string) => page.getByRole('heading', { name, level: 1 });

async function typePassword(page: Page, email: string, password: string): Promise<void> {
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Account of/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(heading(page, 'Sign in')).toBeVisible();
}

test('a user who signs in with the password returns to the page, and stays signed in after a reload', async ({
  page,
  tenant,
  checkPage,
}) => {
  await page.goto('/profile#two-factor');
  await expect(heading(page, 'Sign in')).toBeVisible();
  await checkPage();
  await typePassword(page, tenant.email('viewer'), PASSWORD);
  await expect(heading(page, 'Profile')).toBeVisible();
  await expect(page).toHaveURL(/\/profile#two-factor$/);
  await expect(page.getByText('This one')).toBeVisible();
  await checkPage();
  await page.reload();
  await expect(heading(page, 'Profile')).toBeVisible();
  await page.goto('/sign-in?redirect=/device');
  await expect(heading(page, 'Sign in a device')).toBeVisible();
});

test('a wrong password is refused, and the typed e-mail address stays', async ({ page, tenant, checkPage }) => {
  await page.goto('/sign-in');
  await typePassword(page, tenant.email('owner'), 'not the password of anybody');
  await expect(page.getByRole('alert')).toHaveText('E-mail, password or organization is wrong.');
  await expect(page.getByLabel('E-mail')).toHaveValue(tenant.email('owner'));
  await checkPage();
});

test('a user signs in at the company, and returns to the page', async ({ page, tenant, checkPage }) => {
  await page.goto('/profile');
  await page.getByRole('link', { name: 'Continue with Company' }).click();
  await page.locator('input[name=login]').fill(tenant.email('member'));
  await page.locator('input[name=password]').fill('anything');
  await page.locator('button[type=submit]').click();
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(heading(page, 'Profile')).toBeVisible();
  const identities = page.locator('#identities');
  await expect(identities.getByText(tenant.email('member'))).toBeVisible();
  await checkPage();
  await identities.getByRole('button', { name: 'Unlink Company' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Unlink' }).click();
  await expect(identities.getByRole('button', { name: 'Link Company' })).toBeVisible();
});

test('a user unknown to the organization signs in at the company, and sees why that is refused', async ({
  page,
  tenant,
  checkPage,
}) => {
  await page.goto('/sign-in');
  await page.getByRole('link', { name: 'Continue with Company' }).click();
  await page.locator('input[name=login]').fill(`stranger@${tenant.slug}.test`);
  await page.locator('input[name=password]').fill('anything');
  await page.locator('button[type=submit]').click();
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByRole('alert')).toContainText('Ask an owner or admin of your organization for an invitation.');
  await checkPage();
});

test('an authenticator is set up when the organization requires it, and its codes are asked for from then on', async ({
  page,
  product,
  tenant,
  checkPage,
}) => {
  await withClient(product.systemDatabaseUrl, (db) =>
    db.query('UPDATE tenants SET require_two_factor = true WHERE id = $1', [tenant.id]),
  );
  await page.goto('/sign-in?redirect=/team');
  await typePassword(page, tenant.email('admin'), PASSWORD);
  await expect(heading(page, 'Set up two-factor authentication')).toBeVisible();
  await checkPage();
  await page.getByRole('link', { name: 'Set it up' }).click();

  await page.getByRole('button', { name: 'Set up' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Current password').fill(PASSWORD);
  await dialog.getByRole('button', { name: 'Continue' }).click();
  await expect(dialog.getByRole('img', { name: 'QR code for the authenticator app' })).toBeVisible();
  await checkPage();
  const secret = await dialog.locator('code').innerText();
  await dialog.getByLabel('Code').fill(codeOf(secret));
  await dialog.getByRole('button', { name: 'Turn on' }).click();
  await expect(dialog.getByRole('listitem')).toHaveCount(10);
  await checkPage();
  const recoveryCode = await dialog.getByRole('listitem').first().innerText();
  await dialog.getByLabel('I have saved them').check();
  await dialog.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByText('10 recovery codes are left.')).toBeVisible();

  await signOut(page);
  await typePassword(page, tenant.email('admin'), PASSWORD);
  await expect(heading(page, 'Two-factor authentication')).toBeVisible();
  await checkPage();
  await page.getByLabel('Code').fill('000000');
  await page.getByRole('button', { name: 'Verify' }).click();
  await expect(page.getByRole('alert')).toContainText('This code is wrong');
  await page.getByLabel('Code').fill(codeOf(secret, 1)); // the current code has been used
  await page.getByRole('button', { name: 'Verify' }).click();
  await expect(page).toHaveURL(/\/$/);

  await signOut(page);
  await typePassword(page, tenant.email('admin'), PASSWORD);
  await page.getByRole('button', { name: 'Use a recovery code' }).click();
  await page.getByLabel('Recovery code').fill(recoveryCode);
  await page.getByRole('button', { name: 'Verify' }).click();
  await expect(page).toHaveURL(/\/$/);
});

test('a forgotten password is replaced by the mailed link, which works once', async ({
  page,
  product,
  tenant,
  checkPage,
}) => {
  await page.goto('/sign-in');
  await page.getByRole('link', { name: 'Forgot password?' }).click();
  await expect(heading(page, 'Reset your password')).toBeVisible();
  await checkPage();
  await page.getByLabel('E-mail').fill(tenant.email('member'));
  await page.getByRole('button', { name: 'Send the link' }).click();
  await expect(heading(page, 'Check your inbox')).toBeVisible();
  await checkPage();

  const link = await mailedLink(product, tenant.email('member'), 'reset-password');
  await page.goto(link);
  await expect(page).toHaveURL(/\/reset-password$/);
  await page.getByLabel('New password').fill('too short');
  await page.getByRole('button', { name: 'Set the password' }).click();
  await expect(page.getByRole('alert')).toHaveText('Use at least 15 characters.');
  await checkPage();
  await page.getByLabel('New password').fill('four words that nobody has');
  await page.getByRole('button', { name: 'Set the password' }).click();
  await page.getByRole('link', { name: 'Go to sign-in' }).click();
  await typePassword(page, tenant.email('member'), 'four words that nobody has');
  await expect(page).toHaveURL(/\/$/);

  await page.goto(link);
  await page.getByLabel('New password').fill('four words that nobody knows');
  await page.getByRole('button', { name: 'Set the password' }).click();
  await expect(heading(page, 'This link does not work')).toBeVisible();
  await checkPage();
});

test('an invited user joins by the mailed link', async ({ page, product, tenant, apiAs, checkPage }) => {
  const email = `grace@${tenant.slug}.test`;
  const call = await apiAs('owner');
  expect((await call('POST', 'users/invitations', { email, role: 'admin' })).status).toBe(201);
  await page.goto(await mailedLink(product, email, 'accept-invitation'));
  await expect(heading(page, `Join ${tenant.name}`)).toBeVisible();
  await expect(page.getByText(`You are invited as Admin, with the address ${email}.`)).toBeVisible();
  await expect(page).toHaveURL(/\/accept-invitation$/);
  await checkPage();
  await page.getByLabel('Your name').fill('Grace Hopper');
  await page.getByLabel('Choose a password').fill('nanoseconds of wire, handed out');
  await page.getByRole('button', { name: 'Join' }).click();
  await expect(page.getByRole('button', { name: 'Account of Grace Hopper' })).toBeVisible();
});
