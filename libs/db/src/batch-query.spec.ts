import { setImmediate as turn } from 'node:timers/promises';
import { withClient } from '@coditect/local-stack/database';
import * as fc from 'fast-check';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { openDatabase } from '../test/open-database.js';
import { createTenantRows } from '../test/tenant-rows.js';
import { wireProxy } from '../test/wire-proxy.js';
import type { Statement } from './batch-query.js';
import { runAsTenant } from './tenant-context.js';

const { db: direct, urls, connect } = await openDatabase();
const { id: tenantId } = await createTenantRows(direct, 'one');
const proxy = await wireProxy(urls.app);
/** One connection, so that a state that one batch leaves behind affects the next. */
const db = connect({ appUrl: proxy.through(urls.app), poolSize: 1 });
const batch = (statements: Statement[]) => runAsTenant(tenantId, () => db.tenantBatch(statements));
const valuesOf = async (statements: Statement[]) =>
  (await batch(statements)).map(({ rows }) => Object.values<unknown>(Object(rows[0]))[0]);

const message = (topic: string): Statement => ({
  text: `INSERT INTO outbox (tenant_id, id, topic, payload) VALUES ($1, gen_random_uuid(), $2, '{}')`,
  values: [tenantId, topic],
  name: 'insert_message',
});
const topics = async () =>
  (await direct.systemQuery<{ topic: string }>('SELECT topic FROM outbox ORDER BY topic')).rows.map((row) => row.topic);
const FAILURE: Statement = { text: 'SELECT 1 / 0' };
const backend = async () => (await valuesOf([{ text: 'SELECT pg_backend_pid()' }]))[0];
const sent = (type: string) => proxy.messages().filter((m) => m.from === 'client' && m.type === type);

beforeEach(async () => {
  await direct.systemQuery('DELETE FROM outbox');
  await batch([message('warm')]); // connected, and the two statements prepared
  await direct.systemQuery('DELETE FROM outbox');
  proxy.clear();
});

describe('a round trip', () => {
  it('is enough for a batch of five statements: one Sync, one answer', async () => {
    await batch(['a', 'b', 'c', 'd', 'e'].map(message));

    expect(proxy.roundTrips()).toBe(1);
    expect(sent('S')).toHaveLength(1);
    expect(proxy.messages().filter(({ type }) => type === 'Z')).toHaveLength(1);
    expect(await topics()).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('is enough for a query of Prisma, including the tenant setting', async () => {
    expect(await runAsTenant(tenantId, () => db.tenant.outboxMessage.count())).toBe(0);

    expect(proxy.roundTrips()).toBe(1);
  });

  it('is needed twice more by a transaction: to begin as the tenant, and to commit', async () => {
    await runAsTenant(tenantId, () =>
      db.tenantTx(async (tx) => [await tx.outboxMessage.count(), await tx.user.count()]),
    );

    expect(proxy.roundTrips()).toBe(2 + 2);
  });
});

describe('the answer', () => {
  it('has one result for each statement, in their order', async () => {
    const results = await batch([
      { text: 'SELECT n FROM generate_series(1, 3) AS n' },
      message('a'),
      { text: 'UPDATE machines SET machine_id = machine_id WHERE false RETURNING id' },
      { text: '' },
      { text: 'SELECT topic FROM outbox', rowMode: 'array' },
    ]);

    expect(results.map(({ command, rowCount }) => [command, rowCount])).toEqual([
      ['SELECT', 3],
      ['INSERT', 1],
      ['UPDATE', 0],
      [null, null],
      ['SELECT', 1],
    ]);
    expect(results[0]?.rows).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    expect(results[2]?.fields.map(({ name }) => name)).toEqual(['id']);
    expect(results[4]?.rows).toEqual([['a']]);
  });

  it('to an empty batch has no results', async () => {
    expect(await batch([])).toEqual([]);
  });

  it('arrives whole when its rows are larger than the buffers of the connection', async () => {
    const results = await batch(
      Array.from({ length: 50 }, (_, i) => ({
        text: `SELECT n, repeat('x', 1000) AS filler, length($1) AS got FROM generate_series(1, 200) AS n`,
        values: ['y'.repeat(20_000 + i)],
      })),
    );

    expect(results.map(({ rows }) => rows.length)).toEqual(Array(50).fill(200));
    expect(results.map(({ rows }) => rows[199])).toEqual(
      Array.from({ length: 50 }, (_, i) => ({ n: 200, filler: 'x'.repeat(1000), got: 20_000 + i })),
    );
  });

  it('arrives only after the server has committed', async () => {
    proxy.hold();
    const answer = vi.fn<() => void>();
    const running = batch([message('a')]).then(answer);
    await proxy.held();
    await turn();

    expect(await topics()).toEqual(['a']);
    expect(answer).not.toHaveBeenCalled();
    proxy.release();
    await running;
  });
});

describe('values', () => {
  it('keep their types', async () => {
    const at = new Date('2026-02-28T23:59:59.123Z');
    const [result] = await batch([
      {
        text: `SELECT $1::timestamptz AS at, $2::bytea AS bytes, $3::jsonb AS json, $4::text[] AS texts, $5::int[] AS numbers,
          $6::text AS nothing, $7::bool AS yes, $8::float8 AS float, $9::bigint AS big, $10::uuid AS id, $11::text AS missing`,
        values: [
          at,
          Buffer.from([0, 1, 0xff]),
          { a: [1, null, 'ü'] },
          ['a', '', 'q"\\,{}', 'NULL'],
          [1, -2],
          null,
          true,
          1.5,
          9007199254740993n,
          tenantId,
          undefined,
        ],
      },
    ]);

    expect(result?.rows).toEqual([
      {
        at,
        bytes: Buffer.from([0, 1, 0xff]),
        json: { a: [1, null, 'ü'] },
        texts: ['a', '', 'q"\\,{}', 'NULL'],
        numbers: [1, -2],
        nothing: null,
        yes: true,
        float: 1.5,
        big: '9007199254740993',
        id: tenantId,
        missing: null,
      },
    ]);
  });

  it('come back as they were sent', async () => {
    const text = fc.string({ unit: 'binary' }).filter((s) => !s.includes('\0'));
    const value = fc.record({
      text,
      texts: fc.array(fc.option(text)),
      bytes: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      at: fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
      json: fc.dictionary(text, fc.oneof(fc.integer(), fc.boolean(), text, fc.constant(null))),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 5 }), async (sentValues) => {
        const results = await batch(
          sentValues.map((v) => ({
            text: 'SELECT $1::text AS text, $2::text[] AS texts, $3::bytea AS bytes, $4::timestamptz AS at, $5::json AS json',
            values: [v.text, v.texts, v.bytes, v.at, JSON.stringify(v.json)],
            name: 'echo',
          })),
        );
        expect(results.map(({ rows }) => rows[0])).toEqual(sentValues);
      }),
      { numRuns: 50 },
    );
  });

  it('that cannot be serialized fail before anything is sent, and the connection stays usable', async () => {
    const before = await backend();
    proxy.clear();

    await expect(batch([message('a'), { text: 'SELECT $1', values: [{ n: 1n }] }])).rejects.toThrow(/BigInt/);

    expect(proxy.messages()).toEqual([]);
    expect(await backend()).toBe(before);
    expect(await topics()).toEqual([]);
  });

  it('are parsed with the types of their statement', async () => {
    const types = { getTypeParser: () => (text: string) => `<${text}>` };

    expect(await valuesOf([{ text: 'SELECT 42', types }, { text: 'SELECT 42' }])).toEqual(['<42>', 42]);
  });
});

describe('an error', () => {
  it.each([0, 1, 2, 3])('in statement %i undoes all statements', async (at) => {
    const statements = [message('a'), message('b'), message('c')].toSpliced(at, 0, FAILURE);

    await expect(batch(statements)).rejects.toMatchObject({ code: '22012' });

    expect(await topics()).toEqual([]);
    expect(await valuesOf([{ text: 'SELECT 42' }])).toEqual([42]);
  });

  it.each([
    ['of syntax', [{ text: 'SELEC 1' }], '42601'],
    ['of a missing value', [{ text: 'SELECT $1::int + $2::int', values: [1] }], '08P01'],
    [
      'of a constraint',
      [{ text: `INSERT INTO projects (tenant_id, id, owner_id, name) VALUES ($1, $1, $1, '')`, values: [tenantId] }],
      '23503',
    ],
    ['of a policy', [{ ...message('c'), values: ['00000000-0000-4000-8000-000000000000', 'c'] }], '42501'],
    ['of a row already sent', [{ text: 'SELECT 1 / (3 - n) FROM generate_series(1, 3) AS n' }], '22012'],
    [
      'of time',
      [{ text: `SELECT set_config('statement_timeout', '20', true)` }, { text: 'SELECT pg_sleep(60)' }],
      '57014',
    ],
  ])('%s undoes the statements before it', async (_of, statements: Statement[], code) => {
    await expect(batch([message('a'), ...statements, message('b')])).rejects.toMatchObject({ code });

    expect(await topics()).toEqual([]);
  });

  it('raised by the commit fails the batch', async () => {
    await withClient(urls.owner, (owner) =>
      owner.query('ALTER TABLE outbox ADD CONSTRAINT late UNIQUE (tenant_id, topic) DEFERRABLE INITIALLY DEFERRED'),
    );

    await expect(batch([message('same'), message('same')])).rejects.toMatchObject({
      code: '23505',
      constraint: 'late',
    });

    expect(await topics()).toEqual([]);
    await withClient(urls.owner, (owner) => owner.query('ALTER TABLE outbox DROP CONSTRAINT late'));
  });

  it('is reported only after the server has rolled back', async () => {
    proxy.hold();
    const told = vi.fn<(error: unknown) => void>();
    const running = batch([message('a'), FAILURE]).catch(told);
    await proxy.held();
    await turn();

    expect(told).not.toHaveBeenCalled();
    proxy.release();
    await running;
    expect(told).toHaveBeenCalledOnce();
  });

  it('while parsing a row fails the batch, and the connection stays in step', async () => {
    const types = {
      getTypeParser: () => () => {
        throw new Error('unreadable');
      },
    };

    await expect(batch([{ text: 'SELECT 1', types }, { text: 'SELECT 2' }])).rejects.toThrow('unreadable');
    expect(await valuesOf([{ text: 'SELECT 42' }])).toEqual([42]);
  });

  it('keeps the connection if all its statements were prepared before', async () => {
    const before = await backend();

    await expect(batch([message('a'), FAILURE])).rejects.toThrow('division by zero');

    expect(await backend()).toBe(before);
  });
});

describe('two batches at once', () => {
  it('on one connection run one after the other, each with its own results', async () => {
    const runs = Array.from({ length: 20 }, (_, i) =>
      i % 4 === 3 ? batch([message('never'), FAILURE]) : valuesOf([{ text: 'SELECT $1::int AS i', values: [i] }]),
    );

    const settled = await Promise.allSettled(runs);

    expect(settled.map((result) => (result.status === 'fulfilled' ? result.value : 'failed'))).toEqual(
      Array.from({ length: 20 }, (_, i) => (i % 4 === 3 ? 'failed' : [i])),
    );
    expect(await topics()).toEqual([]);
  });
});
