import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from './fixtures.js';

/** Pages show a change within this time. */
const SOON = { timeout: 2000 };

interface Grant {
  session_id: string;
  session_token: string;
  signed_license: { token: string; payload: { seat_no: number } };
}
type Call = (method: string, path: string, body?: object) => Promise<Response>;

async function takeSeat(call: Call): Promise<Grant> {
  const response = await call('POST', 'licenses/acquire', { machine_id: randomUUID() });
  expect(response.status).toBe(201);
  return (await response.json()) as Grant;
}

test('when the command line takes a seat, then overview and sessions show it, until it is released', async ({
  page,
  signIn,
  commandLine,
  checkPage,
}) => {
  await signIn('owner');
  const { approveAt, signedIn } = await commandLine.beginLogin();
  await page.goto(approveAt);
  await expect(page.getByRole('heading', { name: /^coditect-license on / })).toBeVisible();
  await checkPage();
  await page.getByRole('button', { name: 'Approve' }).click();
  await expect(page.getByText(/^Approved\./)).toBeVisible();
  await page.getByRole('button', { name: 'Enter another code' }).click();
  const code = new URL(approveAt).searchParams.get('user_code')!;
  await page.getByLabel('Code').fill(code.toLowerCase().replace('-', ''));
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByRole('alert')).toContainText('No device is waiting with this code.');
  await checkPage();

  await page.goto('/');
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await expect(page.getByText('Waiting for your first seat…')).toBeVisible();
  await checkPage();
  expect((await signedIn).stdout).toContain('as owner@');

  await commandLine.run(['acquire']);
  await expect(page.getByText(/There it is: Owner Example has seat 1/)).toBeVisible(SOON);
  await expect(page.getByRole('list').getByText('1 of 5')).toBeVisible(SOON);
  await page.getByRole('button', { name: 'Continue' }).click();
  await checkPage();

  await page.getByRole('link', { name: 'All (1)' }).click();
  const sessions = page.getByRole('region', { name: 'Sessions' });
  const ends = sessions.getByRole('button', { name: /End the session of Owner Example/ });
  await expect(ends).toHaveCount(1);
  await checkPage();

  await commandLine.run(['release']);
  await expect(page.getByText('Nobody holds a seat')).toBeVisible(SOON);
  await commandLine.run(['acquire']);
  await expect(ends).toHaveCount(1, SOON);
  await commandLine.run(['release']);
  await expect(ends).toHaveCount(0, SOON);

  await page.getByLabel('Status').selectOption('Released');
  await expect(page).toHaveURL(/status=released/);
  await expect(sessions.getByRole('row')).toHaveCount(3);
  await page.goBack();
  await expect(page.getByText('Nobody holds a seat')).toBeVisible();
});

test('when an admin ends a session, then its holder is told so at the next heartbeat', async ({
  page,
  signIn,
  apiAs,
  checkPage,
}) => {
  const member = await apiAs('member');
  const { session_id, session_token } = await takeSeat(member);
  await signIn('admin', { at: `/sessions?id=${session_id}` });
  const details = page.getByRole('dialog', { name: 'License session' });
  await expect(details.getByText(session_id)).toBeVisible();
  await checkPage();

  await details.getByRole('button', { name: 'End session' }).click();
  const question = page.getByRole('dialog', { name: 'End the session of Member Example?' });
  await expect(question).toContainText('told at its next heartbeat');
  await checkPage();
  await question.getByRole('button', { name: 'End session' }).click();
  await expect(page.getByText('Nobody holds a seat')).toBeVisible(SOON);

  const refused = await member('POST', 'licenses/heartbeat', { session_token });
  expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([410, 'lease_lost']);
});

test('a signed license is saved and verified in the browser; a changed one is refused with the reason', async ({
  page,
  tenant,
  signIn,
  apiAs,
  checkPage,
}) => {
  const { session_id } = await takeSeat(await apiAs('member'));
  await signIn('member', { at: `/licenses/${tenant.licenseId}` });
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download' }).click();
  const file = await (await download).path();
  await checkPage();

  await page.getByRole('main').getByRole('link', { name: 'All licenses' }).click();
  await page.getByLabel('Choose a file').setInputFiles(file);
  await expect(page.getByText('The license is genuine and valid')).toBeVisible();
  await expect(page.getByText(session_id).last()).toBeVisible();
  await checkPage();

  const license = await readFile(file, 'utf8');
  await page.getByLabel('Signed license or token').fill(license.replace('"seat_no": 1', '"seat_no": 2'));
  await page.getByRole('button', { name: 'Verify' }).click();
  await expect(page.getByText('payload_mismatch')).toBeVisible();

  const { token } = JSON.parse(license) as { token: string };
  const [header, content, signature = ''] = token.split('.');
  const forged = signature.startsWith('A') ? `B${signature.slice(1)}` : `A${signature.slice(1)}`;
  await page.getByLabel('Signed license or token').fill(`${header}.${content}.${forged}`);
  await page.getByRole('button', { name: 'Verify' }).click();
  await expect(page.getByText('invalid_signature')).toBeVisible();
  await checkPage();
});

test('a member without a free seat asks for one, or releases an own one', async ({
  page,
  product,
  tenant,
  signIn,
  apiAs,
  checkPage,
}) => {
  const [owner, member] = [await apiAs('owner'), await apiAs('member')];
  await takeSeat(member);
  for (let seat = 2; seat <= 5; seat += 1) await takeSeat(owner);
  await signIn('member');
  await expect(page.getByRole('heading', { name: /All seats of coditect team .* are taken/ })).toBeVisible();
  await expect(page.getByText('Owner Example (Owner) and Admin Example (Admin) can free a seat.')).toBeVisible();
  await page.getByRole('button', { name: 'Ask for a seat' }).click();
  await expect(page.getByText(/They have been asked by e-mail/)).toBeVisible();
  await checkPage();
  await expect.poll(() => mailsAbout(product.mailDir, tenant.email('admin'))).toContain('asks for a seat');

  await page.getByRole('button', { name: 'Release and take over' }).click();
  await checkPage();
  await page.getByRole('button', { name: 'Release seat' }).click();
  await expect(page.getByRole('list').getByText('4 of 5')).toBeVisible();
  await expect(page.getByRole('heading', { name: /are taken/ })).toBeHidden();
});

/** Returns all mails to an address, joined. */
async function mailsAbout(dir: string, address: string): Promise<string> {
  const names = await readdir(dir);
  const mails = await Promise.all(names.map((name) => readFile(path.join(dir, name), 'utf8')));
  return mails.filter((mail) => mail.includes(address)).join('\n');
}
