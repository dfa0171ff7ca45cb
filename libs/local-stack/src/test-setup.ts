import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { createDatabase, databaseUrls, migrate, prepareRoles, withClient } from './database.js';
import { startPostgres } from './postgres.js';
import { startRedis } from './redis.js';
import type { ServerProcess } from './server-process.js';
import { TEMPLATE_DATABASE } from './test-database.js';

/**
 * A vitest `globalSetup`: one PostgreSQL and one Redis for the whole run, and the migrated template database that
 * `createTestDatabase` copies. Nothing is durable, but transactions behave as in production.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'license-tests-'));
  chmodSync(dir, 0o755); // PostgreSQL may run as another user
  const servers: ServerProcess[] = [];
  const killAll = () => servers.forEach((server) => server.kill());
  process.once('exit', killAll); // an interrupted run has no teardown
  const teardown = async () => {
    await Promise.all(servers.map((server) => server.stop()));
    process.off('exit', killAll);
    rmSync(dir, { recursive: true, force: true });
  };

  try {
    const settings = { fsync: 'off', full_page_writes: 'off' };
    const postgres = await startPostgres({ dataDir: path.join(dir, 'postgres'), settings });
    servers.push(postgres);
    const redis = await startRedis();
    servers.push(redis);
    await prepareTemplate(postgres.superuserUrl);
    project.provide('superuserUrl', postgres.superuserUrl);
    project.provide('redisUrl', redis.url);
  } catch (error) {
    await teardown();
    throw error;
  }
  return teardown;
}

async function prepareTemplate(superuserUrl: string): Promise<void> {
  await prepareRoles(superuserUrl);
  await createDatabase(superuserUrl, TEMPLATE_DATABASE);
  await migrate(databaseUrls(superuserUrl, TEMPLATE_DATABASE).owner);
  // A template with connections cannot be copied.
  await withClient(superuserUrl, (client) =>
    client.query(`ALTER DATABASE ${TEMPLATE_DATABASE} WITH IS_TEMPLATE true ALLOW_CONNECTIONS false`),
  );
}
