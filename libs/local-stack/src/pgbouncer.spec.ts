import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type LocalPgBouncer, startPgBouncer } from './pgbouncer.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';

let database: TestDatabase;
let pooler: LocalPgBouncer;
beforeAll(async () => {
  const superuserUrl = inject('superuserUrl');
  database = await createTestDatabase(superuserUrl);
  pooler = await startPgBouncer({ postgresUrl: superuserUrl, roles: ['license_app'], poolSize: 1 });
});
afterAll(async () => {
  await pooler.stop();
  await database.drop();
});

const connect = async (url: string) => {
  const client = new Client({ connectionString: url });
  await client.connect();
  return client;
};

describe('a private PgBouncer in transaction mode', () => {
  it('shares one server connection among several clients', async () => {
    const clients = await Promise.all([1, 2, 3].map(() => connect(pooler.through(database.urls.app))));
    const pids = await Promise.all(
      clients.map(
        async (client) => (await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid,
      ),
    );
    expect(new Set(pids).size).toBe(1);
    await Promise.all(clients.map((client) => client.end()));
  });

  it('refuses unknown roles', async () => {
    await expect(connect(pooler.through(database.urls.owner))).rejects.toThrow(/authentication failed/);
  });
});
