import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { expect, test } from './fixtures.js';

interface Received {
  headers: IncomingHttpHeaders;
  body: string;
}

/** A server of a customer that receives webhooks. */
async function startReceiver() {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      received.push({ headers: request.headers, body });
      response.end('thank you');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`,
    received,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

test('an API key created here takes a seat, until it is revoked here', async ({
  page,
  signIn,
  product,
  tenant,
  checkPage,
}) => {
  await signIn('member', { at: '/developers' });
  await expect(page.getByText(tenant.licenseKey).first()).toBeVisible();
  await expect(page.getByText('Waiting for your first seat')).toBeVisible();
  await expect(page.getByRole('link', { name: 'Webhooks' })).toHaveCount(0);
  await checkPage();

  await page.getByRole('link', { name: 'API keys', exact: true }).click();
  await page.getByRole('button', { name: 'Create API key' }).click();
  const form = page.getByRole('dialog', { name: 'Create API key' });
  await form.getByLabel('Name').fill('Build machine');
  await form.getByRole('button', { name: 'Taking and holding seats' }).click();
  await checkPage();
  await form.getByRole('button', { name: 'Create API key' }).click();

  const made = page.getByRole('dialog', { name: 'Build machine is ready' });
  const key = await made.getByLabel('API key').inputValue();
  expect(key).toMatch(/^cak_/);
  await checkPage();
  await made.getByLabel('I have saved it').check();
  await made.getByRole('button', { name: 'Done' }).click();

  const acquire = () =>
    fetch(`${product.dashboardUrl}/api/v1/licenses/acquire`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ license_key: tenant.licenseKey, machine_id: crypto.randomUUID() }),
    });
  expect((await acquire()).status).toBe(201);
  await page.getByRole('link', { name: 'Quick start' }).click();
  await expect(page.getByText(/^It works: you took seat 1/)).toBeVisible();

  await page.getByRole('link', { name: 'API keys', exact: true }).click();
  await page.getByRole('button', { name: 'Actions for Build machine' }).click();
  await page.getByRole('menuitem', { name: 'Revoke' }).click();
  await checkPage();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
  await expect(page.getByRole('row', { name: /Build machine/ })).toContainText('Revoked');
  await checkPage();
  expect((await acquire()).status).toBe(401);
});

test('a webhook created here receives signed events, and its log shows the deliveries', async ({
  page,
  signIn,
  apiAs,
  tenant,
  checkPage,
}) => {
  const receiver = await startReceiver();
  try {
    await signIn('owner', { at: '/developers?tab=webhooks' });
    await page.getByRole('button', { name: 'Create webhook' }).click();
    const form = page.getByRole('dialog', { name: 'Create webhook' });
    await form.getByLabel('URL').fill(receiver.url);
    await form.getByLabel('All events, including future ones').uncheck();
    await form.getByLabel(/Seat taken/).check();
    await checkPage();
    await form.getByRole('button', { name: 'Create webhook' }).click();

    const made = page.getByRole('dialog', { name: 'The webhook is ready' });
    const webhook = new Webhook(await made.getByLabel('Signing secret').inputValue());
    await made.getByLabel('I have saved it').check();
    await made.getByRole('button', { name: 'Done' }).click();
    await checkPage();
    await page.getByRole('link', { name: receiver.url }).click();

    const verified = (type: string) =>
      receiver.received
        .map(({ body, headers }) => webhook.verify(body, headers as Record<string, string>) as { type: string })
        .filter((event) => event.type === type);
    await page.getByRole('button', { name: 'Send test event' }).click();
    await expect(page.getByText('thank you')).toBeVisible();
    expect(verified('webhook.test')).toHaveLength(1);

    const member = await apiAs('member');
    await member('POST', 'licenses/acquire', { license_key: tenant.licenseKey, machine_id: crypto.randomUUID() });
    await expect.poll(() => verified('license_session.acquired').length, { timeout: 30_000 }).toBe(1);

    await page.reload();
    const log = page.getByRole('region', { name: 'Deliveries' });
    await expect(log.getByRole('row', { name: /license_session\.acquired/ })).toContainText('Delivered');
    await checkPage();
    await log.getByRole('link', { name: /license_session\.acquired/ }).click();
    const delivery = page.getByRole('dialog', { name: 'license_session.acquired' });
    await expect(delivery.getByText('thank you')).toBeVisible();
    await checkPage();
    await delivery.getByRole('button', { name: 'Send again' }).click();
    await expect.poll(() => verified('license_session.acquired').length, { timeout: 30_000 }).toBe(2);

    await page.goto('/developers?tab=events');
    await page.getByRole('list', { name: 'Events' }).getByText('license_session.acquired', { exact: true }).click();
    await expect(page.getByRole('region', { name: /^Event \d+/ })).toContainText('"seat_no": 1');
    await checkPage();
  } finally {
    receiver.stop();
  }
});
