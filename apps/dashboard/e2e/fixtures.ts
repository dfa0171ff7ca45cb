import { AxeBuilder } from '@axe-core/playwright';
import { test as base, expect, type Page } from '@playwright/test';
import { CommandLine } from './command-line.js';
import type { Product } from './product.js';
import { createTenant, type E2eTenant, PASSWORD, type Role } from './tenants.js';

interface Fixtures {
  product: Product;
  /** A tenant of this test only. */
  tenant: E2eTenant;
  /** Signs the browser in as the user of the tenant with that role, and opens a page: by default the first. */
  signIn: (role: Role, options?: { at?: string; on?: Page }) => Promise<void>;
  /** Asserts that the page passes axe, does not scroll sideways, and has logged no error to the console. */
  checkPage: () => Promise<void>;
  /** Calls the API as a client program would, with its own access token. */
  apiAs: (role: Role) => Promise<(method: string, path: string, body?: object) => Promise<Response>>;
  /** The command line client, not signed in. */
  commandLine: CommandLine;
}

/** The rules that axe checks. */
const STANDARDS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Playwright's `test` with the running product. */
export const test = base.extend<Fixtures>({
  // oxlint-disable-next-line no-empty-pattern -- Playwright reads the names of the parameter
  product: async ({}, use) => {
    await use(JSON.parse(process.env['E2E_PRODUCT']!) as Product);
  },
  baseURL: async ({ product }, use) => {
    await use(product.dashboardUrl);
  },
  tenant: async ({ product }, use) => {
    await use(await createTenant(product));
  },
  signIn: async ({ page, tenant, product }, use) => {
    await use(async (role, { at = '/', on = page } = {}) => {
      const login = { email: tenant.email(role), password: PASSWORD, tenant: tenant.slug, token_delivery: 'cookie' };
      const headers = { origin: product.dashboardUrl };
      const response = await on.request.post(`${product.dashboardUrl}/api/v1/auth/login`, { headers, data: login });
      expect(response.ok()).toBe(true);
      await on.goto(at);
      if (at === '/') await expect(on.getByRole('heading', { name: 'Overview', level: 1 })).toBeVisible();
    });
  },
  checkPage: async ({ page }, use) => {
    const noise: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) noise.push(message.text());
    });
    page.on('pageerror', (error) => noise.push(error.message));
    await use(async () => {
      // The pages have no frames: one run in the page itself is enough, and takes half the time.
      const axe = new AxeBuilder({ page }).withTags(STANDARDS).setLegacyMode(true);
      const { violations } = await axe.analyze();
      expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
        page.viewportSize()!.width,
      );
      expect(noise).toEqual([]);
    });
  },
  apiAs: async ({ product, tenant }, use) => {
    const call = (token?: string) => (method: string, path: string, body?: object) =>
      fetch(`${product.apiUrl}/api/v1/${path}`, {
        method,
        headers: {
          'content-type': 'application/json',
          ...(token && { authorization: `Bearer ${token}` }),
        },
        ...(body && { body: JSON.stringify(body) }),
      });
    await use(async (role) => {
      const login = { email: tenant.email(role), password: PASSWORD, tenant: tenant.slug };
      const { access_token } = (await (await call()('POST', 'auth/login', login)).json()) as { access_token: string };
      return call(access_token);
    });
  },
  commandLine: async ({ product }, use) => {
    const commandLine = await CommandLine.on(product.apiUrl);
    await use(commandLine);
    await commandLine.remove();
  },
});
export { expect };
