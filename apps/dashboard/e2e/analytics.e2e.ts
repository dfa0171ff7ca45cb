import { readFile } from 'node:fs/promises';
import type { Download, Page } from '@playwright/test';
import { withClient } from '@coditect/local-stack/database';
import { expect, test } from './fixtures.js';
import type { Product } from './product.js';
import { showTheme } from './show-theme.js';
import type { E2eTenant } from './tenants.js';

/** Forty days with daily peaks of 2 to 5, and samples of the last ten days. In one hour yesterday, five users held all
 *  five seats while two others were refused, one of them three times. */
async function pastOf({ systemDatabaseUrl }: Product, tenant: E2eTenant): Promise<void> {
  const ids = [tenant.id, tenant.licenseId];
  await withClient(systemDatabaseUrl, async (db) => {
    await db.query(
      `INSERT INTO usage_days (tenant_id, license_id, starts_at, seats_total, seats_in_use_peak, seats_in_use_mean,
        acquires, denials, unique_users, unique_machines, samples)
      SELECT $1, $2, date_trunc('day', now(), 'UTC') - n * interval '1 day', 5, 2 + n % 7 / 2, 1.5, 10, n % 2, 4, 4, 288
      FROM generate_series(1, 40) AS n`,
      ids,
    );
    await db.query(
      `INSERT INTO usage_samples (tenant_id, id, license_id, sampled_at, seats_total, seats_in_use_peak,
        seats_in_use_mean, acquires, denials, unique_users, unique_machines)
      SELECT $1, gen_random_uuid(), $2, at, 5, extract(hour FROM at)::int / 5, 0.5, 0, 0, 1, 1
      FROM generate_series(date_trunc('hour', now()) - interval '10 days', now() - interval '1 hour', '1 hour') AS at`,
      ids,
    );
    await db.query(
      `WITH machine AS (
        INSERT INTO machines (tenant_id, id, machine_id) SELECT $1, gen_random_uuid(), gen_random_uuid()::text
        FROM generate_series(1, 5) RETURNING machine_id
      ), numbered AS (SELECT machine_id, row_number() OVER ()::int AS n FROM machine)
      INSERT INTO license_sessions (tenant_id, id, license_id, user_id, machine_id, seat_no, status, started_at,
        last_heartbeat_at, lease_expires_at, expires_at, ended_at, end_reason, token_salt, token_hash)
      SELECT $1, gen_random_uuid(), $2, (SELECT id FROM users WHERE tenant_id = $1 AND role = 'admin'), machine_id, n,
        'released', began, began, ended, ended, ended, 'released', uuid_send(gen_random_uuid()), sha256('no token')
      FROM numbered, (SELECT now() - interval '25 hours' AS began, now() - interval '24 hours' AS ended) AS hour`,
      ids,
    );
    await db.query(
      `INSERT INTO denials (tenant_id, id, license_id, user_id, machine_id, reason, occurred_at, event_recorded_at)
      SELECT $1, gen_random_uuid(), $2, u.id, 'a machine', 'no_seats_available',
        now() - interval '24 hours 50 minutes' + n * interval '2 minutes', now()
      FROM users u, generate_series(1, CASE u.role WHEN 'member' THEN 3 ELSE 1 END) AS n
      WHERE u.tenant_id = $1 AND u.role IN ('member', 'owner')`,
      ids,
    );
  });
}

const card = (page: Page, title: string) =>
  page.locator('section').filter({ has: page.getByRole('heading', { name: title, level: 2 }) });

async function exported(page: Page, title: string, what: string): Promise<Download> {
  await page.getByRole('button', { name: `Export ${title}` }).click();
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: what }).click()]);
  return file;
}

/** Returns the color of the first pixel of a picture, the number of its colors, and the number of color fields in its
 *  legend. */
async function colorsOf(page: Page, png: Buffer): Promise<{ ground: string; colors: number; legend: number }> {
  return page.evaluate(
    async (url) => {
      const image = new Image();
      image.src = url;
      await image.decode();
      const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
      const context = canvas.getContext('2d')!;
      context.drawImage(image, 0, 0);
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
      const pixels = new Uint32Array(data.buffer);
      // A row of pixels through the middle of the legend. Strokes of letters are narrower than color fields.
      const line = Array.from(pixels.slice(118 * canvas.width, 119 * canvas.width));
      const runs = line.map((pixel, x) =>
        pixel !== line[x - 1] ? line.slice(x).findIndex((next) => next !== pixel) : 0,
      );
      const legend = runs.filter((length, x) => length >= 16 && line[x] !== pixels[0]).length;
      return { ground: `rgb(${data[0]}, ${data[1]}, ${data[2]})`, colors: new Set(pixels).size, legend };
    },
    `data:image/png;base64,${png.toString('base64')}`,
  );
}

test('seats in use are shown as a chart, and exported as CSV and PNG', async ({
  page,
  product,
  tenant,
  signIn,
  checkPage,
}) => {
  await pastOf(product, tenant);
  await signIn('viewer', { at: '/analytics' });
  const usage = card(page, 'Seats in use');
  await expect(usage.locator('svg.recharts-surface path.recharts-area-area')).toBeVisible();
  await expect(page.getByRole('grid', { name: 'Busy hours' }).getByRole('gridcell')).toHaveCount(168);
  await checkPage();

  const csv = await exported(page, 'Seats in use', 'Data as CSV');
  expect(csv.suggestedFilename()).toMatch(/^usage-.*\.csv$/);
  const lines = (await readFile(await csv.path(), 'utf8')).trim().split('\r\n');
  expect(lines).toHaveLength(31);
  expect(lines[0]).toBe('starts_at,peak,mean,seats_total,acquires,denials,unique_users,unique_machines');
  const yesterday = new Date(Date.now() - 24 * 3600 * 1000).toISOString().slice(0, 10);
  expect(lines.at(-2)).toBe(`${yesterday}T00:00:00.000Z,2,1.5,5,10,1,4,4`);

  const grounds = new Set<string>();
  for (const colorScheme of ['light', 'dark'] as const) {
    await showTheme(page, colorScheme);
    const surface = await usage.evaluate((element) => getComputedStyle(element).backgroundColor);
    for (const [title, fields] of [
      ['Seats in use', 3],
      ['Busy hours', 5],
    ] as const) {
      const picture = await exported(page, title, 'Picture as PNG');
      const png = await readFile(await picture.path());
      expect(png.subarray(1, 4).toString()).toBe('PNG');
      const { ground, colors, legend } = await colorsOf(page, png);
      expect(ground).toBe(surface);
      expect(colors).toBeGreaterThan(20);
      expect(legend).toBe(fields);
      grounds.add(ground);
    }
  }
  expect(grounds.size).toBe(2);
});

test('charts can be read by keyboard, and as tables', async ({ page, product, tenant, signIn, checkPage }) => {
  await pastOf(product, tenant);
  await signIn('viewer', { at: '/analytics?measure=peak' });
  const cells = page.getByRole('grid', { name: 'Busy hours' }).getByRole('gridcell');
  await cells.first().focus();
  for (const key of ['ArrowDown', 'ArrowDown', 'End']) await page.keyboard.press(key);
  await expect(cells.nth(71)).toBeFocused();
  await expect(cells.nth(71)).toHaveAccessibleName(/^Wednesday, 11:00 PM to .*: 0\.5 seats on average, peak 4$/);
  await expect(page.getByTestId('hour')).toContainText('Wednesday');

  for (const [title, rows] of [
    ['Seats in use', 31],
    ['Busy hours', 169],
  ] as const) {
    await card(page, title).getByRole('button', { name: 'Show as table' }).press('Enter');
    await expect(card(page, title).getByRole('table').getByRole('row')).toHaveCount(rows);
  }
  await checkPage();
});

test('denials are shown by reason and by user', async ({ page, product, tenant, signIn, checkPage }) => {
  await pastOf(product, tenant);
  await signIn('owner', { at: '/analytics' });
  await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Denials' }).click();
  await expect(page.getByText('2 denials, 4 refused attempts')).toBeVisible();
  await expect(card(page, 'By reason').getByRole('row', { name: /All seats in use.* 2 4/ })).toBeVisible();
  await expect(card(page, 'By person').getByRole('row', { name: /Member Example.* 1 3/ })).toBeVisible();
  await expect(page.locator('svg.recharts-surface')).toBeVisible();
  await checkPage();
});

test('the forecast names its method, and the what-if says how many seats would be enough', async ({
  page,
  product,
  tenant,
  signIn,
  checkPage,
}) => {
  await pastOf(product, tenant);
  await signIn('admin', { at: '/analytics?view=planning' });
  await expect(page.getByText(/Holt-Winters.*from 40 whole days/)).toBeVisible();
  await expect(card(page, 'Forecast').locator('path.recharts-area-area')).toHaveCount(2);
  await expect(page.getByText('With 5 seats, people would have been refused 2 times.')).toBeVisible();
  await checkPage();

  await page.getByLabel('Seats', { exact: true }).focus();
  await page.keyboard.press('ArrowRight');
  await expect(page.getByText('With 6 seats, 1 person would have been refused.')).toBeVisible();
  await page.keyboard.press('ArrowRight');
  await expect(page.getByText('With 7 seats, nobody would have been refused.')).toBeVisible();
  await expect(page).toHaveURL(/seats=7/);
  await page.getByLabel('Number of seats').fill('5');
  await expect(page.getByText('With 5 seats, people would have been refused 2 times.')).toBeVisible();
});

test('a new organization sees when the first sample comes', async ({ page, signIn, checkPage }) => {
  await signIn('owner', { at: '/analytics' });
  await expect(page.getByText('The first sample comes within 5 minutes', { exact: false })).toBeVisible();
  await checkPage();
  await page.goto('/analytics?view=planning');
  await expect(page.getByText('A forecast needs 14 whole days of samples. So far there are 0.')).toBeVisible();
});
