import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { type APIRequestContext, expect, test } from '@playwright/test';

/** The password of the demo data (prisma/src/seed.ts). */
const PASSWORD = 'coditect-demo';
const email = (role: string) => `${role}@acme.test`;
const machine = (name: string) => createHash('sha256').update(name).digest('hex');

const PAGES = [
  'overview:/',
  'sessions:/sessions',
  'licenses:/licenses',
  'team:/team',
  'projects:/projects',
  'analytics:/analytics',
  'audit:/audit',
  'developers:/developers',
  'settings:/settings',
  'profile:/profile',
];
const folder = fileURLToPath(new URL('../../../docs/images/dashboard', import.meta.url));

async function tokenOf(request: APIRequestContext, role: string): Promise<string> {
  const response = await request.post('/api/v1/auth/login', { data: { email: email(role), password: PASSWORD } });
  expect(response.ok()).toBe(true);
  return ((await response.json()) as { access_token: string }).access_token;
}

test('the pictures of the main pages', async ({ page, request, baseURL }) => {
  for (const role of ['owner', 'admin', 'member'])
    for (const name of ['laptop', 'workstation', 'build server'])
      await request.post('/api/v1/licenses/acquire', {
        headers: { authorization: `Bearer ${await tokenOf(request, role)}` },
        data: { machine_id: machine(`${role} ${name}`) },
      });

  await page.goto('/sign-in');
  await expect(page.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible();
  await page.screenshot({ path: `${folder}/sign-in.png` });
  const login = { email: email('owner'), password: PASSWORD, token_delivery: 'cookie' };
  await page.request.post('/api/v1/auth/login', { data: login, headers: { origin: new URL(baseURL!).origin } });
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    for (const [name, path] of PAGES.map((entry) => entry.split(':') as [string, string])) {
      if (scheme === 'dark' && name !== 'overview' && name !== 'analytics') continue;
      await page.goto(path);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      await expect(page.getByRole('status', { name: 'Loading' })).toHaveCount(0);
      await page.waitForTimeout(700); // charts take a moment to draw
      await page.screenshot({ path: `${folder}/${name}${scheme === 'dark' ? '-dark' : ''}.png` });
    }
  }
});
