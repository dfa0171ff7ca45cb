import { createTestDatabase } from '@coditect/local-stack/test-database';
import { withClient } from '@coditect/local-stack/database';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { tenantTables } from './tenant-tables.js';

let columns: Map<string, string[]>;
let references: { table: string; to: string }[];
let drop: () => Promise<void>;
beforeAll(async () => {
  const database = await createTestDatabase(inject('superuserUrl'));
  drop = database.drop;
  await withClient(database.urls.owner, async (client) => {
    const tables = await client.query<{ name: string; columns: string[] }>(
      `SELECT c.relname::text AS name, array_agg(a.attname::text) AS columns
       FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
       WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
       GROUP BY c.relname HAVING bool_or(a.attname = 'tenant_id') OR c.relname = 'tenants'`,
    );
    columns = new Map(tables.rows.map((row) => [row.name, row.columns]));
    const keys = await client.query<{ table: string; to: string }>(
      `SELECT conrelid::regclass::text AS table, confrelid::regclass::text AS to FROM pg_constraint
       WHERE contype = 'f' AND conparentid = 0 AND conrelid <> confrelid`,
    );
    references = keys.rows;
  });
});
afterAll(() => drop());

describe('the tables of a tenant', () => {
  it('are all tables with tenants in the database', () => {
    expect(tenantTables.map(({ name }) => name).toSorted()).toEqual([...columns.keys()].toSorted());
  });

  it('have each of their columns either exported or left out as a secret', () => {
    for (const { name, exported, secret } of tenantTables)
      expect([name, [...exported, ...secret].toSorted()]).toEqual([name, columns.get(name)?.toSorted()]);
  });

  it('export no column that is named like a hash of a secret, a salt, a secret or a password', () => {
    const chain = ['previous_hash', 'hash', 'last_hash'];
    for (const { name, exported } of tenantTables) {
      const suspicious = exported.filter((column) => /hash|salt|secret|password|payload/.test(column));
      expect([name, suspicious.filter((column) => !chain.includes(column))]).toEqual([name, []]);
    }
  });

  it('are in an order in which no table is deleted before those that refer to it', () => {
    const order = tenantTables.map(({ name }) => name);
    const ours = references.filter(({ table, to }) => order.includes(table) && order.includes(to));
    expect(ours.length).toBeGreaterThan(30);
    for (const { table, to } of ours)
      expect([table, to, order.indexOf(table) < order.indexOf(to)]).toEqual([table, to, true]);
  });

  it('are read page by page in the order of their primary keys', () => {
    for (const { name, key, exported } of tenantTables)
      expect([name, exported]).toEqual([name, expect.arrayContaining([...key])]);
  });
});
