import { readFile } from 'node:fs/promises';
import { expect, test } from './fixtures.js';

interface Project {
  id: string;
}

test('a change is in the audit log with its old and new values, and in the export', async ({
  page,
  signIn,
  apiAs,
  tenant,
  checkPage,
}) => {
  const call = await apiAs('owner');
  const { id } = (await (await call('POST', 'projects', { name: 'Apollo' })).json()) as Project;
  await call('PATCH', `projects/${id}`, { name: 'Artemis' });

  await signIn('owner', { at: '/audit' });
  const entries = page.getByRole('list', { name: 'Entries' });
  await expect(entries.getByText('Project changed')).toBeVisible();
  await checkPage();

  await entries.getByRole('link', { name: /^Details of Project changed/ }).click();
  const dialog = page.getByRole('dialog', { name: 'Project changed' });
  const change = dialog.getByRole('list', { name: 'What changed' }).getByRole('listitem').filter({ hasText: 'name' });
  await expect(change).toContainText('Changed');
  await expect(change).toContainText('Apollo');
  await expect(change).toContainText('Artemis');
  await expect(dialog.getByText(id)).toBeVisible();
  await checkPage();
  await page.goBack();
  await expect(dialog).toBeHidden();

  await entries.getByRole('button', { name: 'Filter by Project changed' }).click();
  await expect(page).toHaveURL(/action=project\.updated/);
  await expect(entries.getByRole('listitem')).toHaveCount(1);

  await page.getByRole('button', { name: 'Export' }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: /NDJSON/ }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/^audit-logs-.*\.ndjson$/);
  const lines = (await readFile(await download.path(), 'utf8')).trim().split('\n');
  expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
    expect.objectContaining({
      action: 'project.updated',
      actor_name: tenant.email('owner'),
      after: { name: 'Artemis' },
    }),
  ]);
});

test('the hash chain is verified on request', async ({ page, signIn, checkPage }) => {
  await signIn('admin', { at: '/audit' });
  await page.getByRole('button', { name: 'Verify the chain' }).click();
  await expect(page.getByText('Verified', { exact: true })).toBeVisible();
  await expect(page.getByText(/^\d+ (entry|entries), on /)).toBeVisible();
  await checkPage();
});
