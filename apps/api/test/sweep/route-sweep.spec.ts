import { startPgBouncer, type LocalPgBouncer } from '@coditect/local-stack/pgbouncer';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startStack, TestApp, type TestStack } from '../app.js';
import { sweep } from './route-sweep.js';

let stack: TestStack;
let pooler: LocalPgBouncer;
beforeAll(async () => {
  stack = await startStack();
  pooler = await startPgBouncer({
    postgresUrl: inject('superuserUrl'),
    roles: ['license_app', 'license_system'],
    poolSize: 2,
  });
});
afterAll(async () => {
  await pooler.stop();
  await stack.stop();
});

/** Directly, and through two pooled connections that all requests of all tenants share. */
const ways: Record<string, () => NodeJS.ProcessEnv> = {
  directly: () => ({}),
  'through PgBouncer in transaction mode with two connections': () => ({
    DATABASE_URL: pooler.through(stack.database.urls.app),
    SYSTEM_DATABASE_URL: pooler.through(stack.database.urls.system),
    DATABASE_NAMED_STATEMENTS: 'false',
  }),
};

describe.each(Object.keys(ways))('every documented operation, %s', (way) => {
  it(
    'follows the permission table for every caller, gives 404 for objects of another tenant, and audits its changes',
    { timeout: 300_000 },
    async () => {
      const api = await TestApp.start(stack, ways[way]!());
      try {
        const { swept, leaks, untold } = await sweep(api, { baseUrl: await api.app.getUrl() });
        expect(swept.filter(({ expected, answered }) => !answered.startsWith(expected))).toEqual([]);
        expect(leaks).toEqual([]);
        expect(untold).toEqual([]);
        expect(swept.length).toBeGreaterThan(80);
      } finally {
        await api.stop();
      }
    },
  );
});
