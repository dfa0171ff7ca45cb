import { expect, test } from './fixtures.js';
import { mailedLink } from './mailbox.js';

test('several people are invited at once, and appear among the invitations', async ({
  page,
  tenant,
  signIn,
  checkPage,
}) => {
  const [grace, alan] = ['grace', 'alan'].map((name) => `${name}@${tenant.slug}.test`) as [string, string];
  await signIn('owner', { at: '/team' });
  await page.getByRole('button', { name: 'Invite people' }).click();
  const dialog = page.getByRole('dialog', { name: 'Invite people' });
  await dialog.getByLabel('E-mail addresses').fill(`${grace}, ${alan} oops`);
  await expect(dialog.getByText('oops · not an e-mail address')).toBeVisible();
  await checkPage();
  await dialog.getByRole('button', { name: 'Remove oops' }).click();
  await dialog.getByRole('button', { name: 'Send 2 invitations' }).click();
  const invitations = page.getByRole('region', { name: 'Invitations' });
  await expect(invitations.getByText(grace)).toBeVisible();
  await expect(invitations.getByText(alan)).toBeVisible();
  await checkPage();
});

test('an invited user accepts and becomes an admin', async ({ page, product, tenant, signIn, checkPage }) => {
  const grace = `grace@${tenant.slug}.test`;
  await signIn('owner', { at: '/team' });
  await page.getByRole('button', { name: 'Invite people' }).click();
  await page.getByLabel('E-mail addresses').fill(grace);
  await page.getByRole('button', { name: 'Send 1 invitation' }).click();
  const token = new URL(await mailedLink(product, grace, 'accept-invitation')).hash.replace('#token=', '');
  const accepted = await fetch(`${product.apiUrl}/api/v1/auth/invitations/${token}/accept`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Grace Hopper', password: 'nanoseconds of wire, handed out' }),
  });
  expect(accepted.status).toBe(201);

  await page.getByRole('link', { name: 'Members' }).click();
  const row = page.getByRole('row', { name: /Grace Hopper/ });
  await expect(row.getByText('Member', { exact: true })).toBeVisible();
  await row.getByRole('button', { name: 'Actions for Grace Hopper' }).click();
  await page.getByRole('menuitemradio', { name: 'Admin' }).click();
  await expect(page.getByText('Grace Hopper is now: Admin', { exact: true })).toBeVisible();
  await expect(row.getByText('Admin', { exact: true })).toBeVisible();
  await checkPage();
});

test('a user is disabled after a confirmation', async ({ page, signIn, checkPage }) => {
  await signIn('owner', { at: '/team' });
  const row = page.getByRole('row', { name: /Member Example/ });
  await row.getByRole('button', { name: 'Actions for Member Example' }).click();
  await page.getByRole('menuitem', { name: 'Disable' }).click();
  const question = page.getByRole('dialog', { name: 'Disable Member Example?' });
  await expect(question).toBeVisible();
  await checkPage();
  await question.getByRole('button', { name: 'Disable' }).click();
  await expect(row.getByText('Disabled').filter({ visible: true })).toBeVisible();
  await row.getByRole('link', { name: 'Member Example' }).click();
  await expect(page.getByRole('dialog', { name: 'Member Example' }).getByText('Disabled')).toBeVisible();
  await expect(page).toHaveURL(/id=/);
  await checkPage();
});

test('the role of the only owner cannot be changed, and the page says why', async ({ page, signIn }) => {
  await signIn('owner', { at: '/team?search=owner' });
  await page.getByRole('button', { name: 'Actions for Owner Example' }).click();
  await page.getByRole('menuitemradio', { name: 'Viewer' }).click();
  await page.getByRole('button', { name: 'Change role' }).click();
  await expect(page.getByRole('alert')).toHaveText(/at least one active owner/);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('row', { name: /Owner Example/ }).getByText('Owner', { exact: true })).toBeVisible();
  // Focus returns to where it came from (WCAG 2.4.3).
  await expect(page.getByRole('button', { name: 'Actions for Owner Example' })).toBeFocused();
});

test('a member sees only the own entry, and the page says so', async ({ page, signIn, checkPage }) => {
  await signIn('member', { at: '/team' });
  await expect(page.getByText('With your role you see only yourself here.')).toBeVisible();
  await expect(page.getByRole('row')).toHaveCount(2);
  await expect(page.getByRole('button', { name: 'Invite people' })).toBeHidden();
  await checkPage();
});
