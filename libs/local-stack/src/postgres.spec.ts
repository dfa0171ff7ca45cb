import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withClient } from './database.js';
import { messageOf } from './errors.js';
import { freePort } from './ports.js';
import { requirePassable } from './postgres-binaries.js';
import { type LocalPostgres, startPostgres } from './postgres.js';
import { isAlive } from './server-process.js';

const isRoot = process.getuid?.() === 0;
const base = mkdtempSync(path.join(os.tmpdir(), 'postgres-spec-'));
chmodSync(base, 0o755);
const dataDir = path.join(base, 'data');
const settings = { fsync: 'off', max_connections: '50' };

const query = (server: LocalPostgres, sql: string) =>
  withClient(server.superuserUrl, async (client) => (await client.query<Record<string, string>>(sql)).rows);

afterAll(() => rmSync(base, { recursive: true, force: true }));

describe('a first start', () => {
  let server: LocalPostgres;
  beforeAll(async () => {
    // an interrupted first start leaves this directory behind
    mkdirSync(`${dataDir}.unfinished`);
    writeFileSync(path.join(`${dataDir}.unfinished`, 'PG_VERSION'), '18');
    server = await startPostgres({ dataDir, settings });
    await query(server, 'CREATE TABLE kept AS SELECT 42 AS answer');
  });
  afterAll(() => server.stop());

  it('listens on 127.0.0.1 only', async () => {
    expect(await query(server, 'SHOW listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
    expect(server.reused).toBe(false);
  });

  it('does not run as root', () => {
    expect(statSync(dataDir).uid).toBe(isRoot ? 65534 : process.getuid?.());
  });

  it('prefers the given settings to its defaults', async () => {
    expect(await query(server, 'SHOW fsync')).toEqual([{ fsync: 'off' }]);
    expect(await query(server, 'SHOW max_connections')).toEqual([{ max_connections: '50' }]);
  });

  it('ignores the case of non-ASCII letters in searches, like a production database', async () => {
    expect(await query(server, "SELECT lower('Ö') AS folded")).toEqual([{ folded: 'ö' }]);
  });
});

describe('a later start', () => {
  it('finds the data of the earlier start', async () => {
    const server = await startPostgres({ dataDir, settings });

    expect(await query(server, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    await server.stop();
  });

  it('uses another port if the preferred one is taken', async () => {
    const other = net.createServer();
    const port = await freePort();
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));

    const server = await startPostgres({ dataDir, port, settings });

    expect(server.port).not.toBe(port);
    expect(await query(server, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    await server.stop();
    await new Promise((resolve) => other.close(resolve));
  });

  it('allows 200 connections by default', async () => {
    const server = await startPostgres({ dataDir });

    expect(await query(server, 'SHOW max_connections')).toEqual([{ max_connections: '200' }]);
    await server.stop();
  });

  it('fails with the name of a setting that PostgreSQL does not know', async () => {
    await expect(startPostgres({ dataDir, settings: { no_such_setting: '1' } })).rejects.toThrow('no_such_setting');
  });
});

describe('a server that outlived its parent', () => {
  it('is reused on its port, and can be stopped', async () => {
    const first = await startPostgres({ dataDir, settings });

    const second = await startPostgres({ dataDir, port: first.port + 1, settings });

    expect(second).toMatchObject({ reused: true, port: first.port, pid: first.pid });
    expect(await query(second, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    await second.stop();
    expect(isAlive(first.pid)).toBe(false);
  });

  it('is distinguished from a server that was killed', async () => {
    const killed = await startPostgres({ dataDir, settings });
    process.kill(killed.pid, 'SIGKILL');
    expect(await killed.ended).toMatchObject({ reason: 'signal SIGKILL' });

    const server = await startPostgres({ dataDir, settings });

    expect(server.reused).toBe(false);
    expect(await query(server, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    await server.stop();
  });
});

it('given a directory that the PostgreSQL user cannot enter, then the error names it', () => {
  const closed = path.join(base, 'closed');
  mkdirSync(closed, { mode: 0o700 });
  const refusal = () => {
    try {
      requirePassable(path.join(closed, 'data'));
      return 'none';
    } catch (error) {
      return messageOf(error);
    }
  };

  expect(refusal()).toContain(isRoot ? `${closed} is closed` : 'none');
});
