import { withClient } from '@coditect/local-stack/database';
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.js';
import type { Product } from './product.js';
import type { E2eTenant } from './tenants.js';

const SESSIONS = 10_000;
const PEOPLE = 100;
/** A screen shows about a dozen rows; a few more are rendered above and below. */
const ROWS_IN_DOCUMENT = 60;

/** A hundred users hold a hundred seats each. The rows are inserted into Postgres only. The seat ledger is rebuilt
 *  from them when it is next used. */
async function fillSeats({ systemDatabaseUrl }: Product, { id, licenseId }: E2eTenant): Promise<void> {
  await withClient(systemDatabaseUrl, async (db) => {
    await db.query(`UPDATE licenses SET seats_total = $3 WHERE tenant_id = $1 AND id = $2`, [id, licenseId, SESSIONS]);
    await db.query(
      `INSERT INTO users (tenant_id, id, email, name, role)
       SELECT $1::uuid, gen_random_uuid(), 'person-' || n || '@' || $1 || '.test', 'Person ' || to_char(n, 'FM000'), 'member'
       FROM generate_series(1, $2::int) n`,
      [id, PEOPLE],
    );
    await db.query(
      `INSERT INTO machines (tenant_id, id, machine_id)
       SELECT $1, gen_random_uuid(), gen_random_uuid()::text FROM generate_series(1, $2::int)`,
      [id, SESSIONS],
    );
    await db.query(
      `INSERT INTO license_sessions (tenant_id, id, license_id, user_id, machine_id, seat_no, started_at,
         lease_expires_at, expires_at, last_heartbeat_at, token_salt, token_hash)
       SELECT $1, gen_random_uuid(), $2, person.id, machine.machine_id, machine.n, now() - machine.n * interval '1 second',
         now() + interval '1 hour', now() + interval '8 hours', now(),
         decode(repeat('00', 16), 'hex'), sha256(machine.machine_id::bytea)
       FROM (SELECT machine_id, row_number() OVER ()::int AS n FROM machines WHERE tenant_id = $1) machine
       JOIN (SELECT id, right(name, 3)::int AS n FROM users WHERE tenant_id = $1 AND name LIKE 'Person %') person
         ON person.n = 1 + machine.n % $3`,
      [id, licenseId, PEOPLE],
    );
  });
}

declare global {
  interface Window {
    longTasks?: number[];
  }
}

/** Tasks that blocked the page for more than 50 ms. */
async function watchLongTasks(page: Page): Promise<() => Promise<string>> {
  await page.addInitScript(() => {
    const tasks: number[] = [];
    window.longTasks = tasks;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) tasks.push(duration);
    }).observe({ type: 'longtask' });
  });
  return async () => {
    const tasks = await page.evaluate(() => window.longTasks?.splice(0) ?? []);
    return `${tasks.length} long tasks, the longest ${Math.round(Math.max(0, ...tasks))} ms`;
  };
}

test('ten thousand sessions scroll, sort and filter as smoothly as ten', async ({
  page,
  product,
  tenant,
  signIn,
  checkPage,
}) => {
  await fillSeats(product, tenant);
  const longTasks = await watchLongTasks(page);
  const measured: Record<string, string> = {};
  await signIn('owner', { at: '/sessions' });
  const region = page.getByRole('region', { name: 'Sessions' });
  const rows = region.locator('tbody tr');
  const rowAt = (index: number) => region.locator(`tr[aria-rowindex="${index + 1}"]`);
  const count = (text: string) =>
    expect(page.getByRole('status').filter({ hasText: new RegExp(`^${text}$`) })).toBeVisible({ timeout: 20_000 });
  const expectFewRows = async () => {
    const inDocument = await rows.count();
    expect([inDocument > 0, inDocument <= ROWS_IN_DOCUMENT]).toEqual([true, true]);
  };
  await count('10,000 sessions');
  await expect(region.getByRole('table')).toHaveAttribute('aria-rowcount', String(SESSIONS + 1));
  await expectFewRows();
  await checkPage();
  measured['reading them'] = await longTasks();

  for (const share of [0.25, 0.5, 0.75, 1]) {
    await region.evaluate((element, part) => element.scrollTo(0, element.scrollHeight * part), share);
    await expect(rowAt(SESSIONS * share)).toBeAttached();
    await expectFewRows();
  }
  await rowAt(SESSIONS).scrollIntoViewIfNeeded(); // on a phone the table is below
  await expect(rowAt(SESSIONS)).toBeInViewport();
  measured['scrolling'] = await longTasks();

  await region.getByRole('button', { name: 'Seat', exact: true }).click();
  await expect(page).toHaveURL(/sort=seat/);
  await region.evaluate((element) => element.scrollTo(0, 0));
  await expect(rowAt(1).getByRole('button', { name: 'End the session of Person 002 on seat 1' })).toBeVisible();
  await region.getByRole('button', { name: 'Seat', exact: true }).click();
  await expect(rowAt(1).getByRole('button', { name: 'End the session of Person 001 on seat 10000' })).toBeVisible();
  measured['sorting'] = await longTasks();

  await page.getByPlaceholder('Name, e-mail, machine or id').fill('Person 042');
  await count('100 sessions');
  await expect(rowAt(1)).toContainText('Person 042');
  await expectFewRows();
  measured['filtering'] = await longTasks();

  await rowAt(1)
    .getByRole('button', { name: /^End the session of Person 042/ })
    .click();
  await page.getByRole('dialog').getByRole('button', { name: 'End session' }).click();
  await count('99 sessions');
  await page.getByPlaceholder('Name, e-mail, machine or id').fill('');
  await count('9,999 sessions');
  measured['ending one'] = await longTasks();
  console.log(`10,000 sessions: ${JSON.stringify(measured, undefined, 2)}`);
});
