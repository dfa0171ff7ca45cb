import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { createDatabase, databaseUrls, dropDatabase } from '@coditect/local-stack/database';
import { freePort } from '@coditect/local-stack/ports';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { startStack, type TestStack } from '../app.js';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

let stack: TestStack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.stop());

/** Starts the API as an operator would, with the default output of a failing start, and expects it to fail. */
async function refusal(env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(process.execPath, [MAIN], {
    env: { ...process.env, ...stack.env, LOG_LEVEL: 'info', PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const giveUp = setTimeout(() => child.kill('SIGKILL'), 25_000);
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  clearTimeout(giveUp);
  expect({ code: child.exitCode, err }).toMatchObject({ code: 1 });
  expect(out + err).not.toMatch(/ {4}at \S/); // no stack trace, even in a log line
  const lines = err.split('\n').filter((line) => line !== '' && !line.startsWith('{'));
  expect(lines).toHaveLength(1);
  return lines[0]!;
}

it.concurrent('given a database that does not exist, then it says so', async () => {
  const { app, system } = databaseUrls(inject('superuserUrl'), 'no_such_database');
  expect(await refusal({ DATABASE_URL: app, SYSTEM_DATABASE_URL: system })).toContain('"no_such_database"');
});

it.concurrent('given a database without migrations, then it says so', async () => {
  const name = `unmigrated_${randomBytes(6).toString('hex')}`;
  await createDatabase(inject('superuserUrl'), name);
  const { app, system } = databaseUrls(inject('superuserUrl'), name);
  expect(await refusal({ DATABASE_URL: app, SYSTEM_DATABASE_URL: system })).toContain('not migrated');
  await dropDatabase(inject('superuserUrl'), name);
});

it.concurrent('given a role that bypasses row level security, then it refuses to start', async () => {
  const superuser = new URL(stack.database.urls.app);
  superuser.username = 'postgres';
  expect(await refusal({ DATABASE_URL: superuser.href })).toMatch(/"postgres" is refused: .*row level security/);
});

it.concurrent('given the role that owns the tables, then it refuses to start', async () => {
  expect(await refusal({ DATABASE_URL: stack.database.urls.owner })).toMatch(/"license_owner" is refused: .*owner/);
});

it.concurrent('given a Postgres that does not respond, then it names the address', async () => {
  const port = await freePort();
  const url = new URL(stack.database.urls.app);
  url.port = String(port);
  expect(await refusal({ DATABASE_URL: url.href })).toContain(String(port));
});

it.concurrent('given a port that is taken, then it names the port', async () => {
  const other = net.createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as net.AddressInfo;
  expect(await refusal({ PORT: String(port) })).toMatch(new RegExp(`EADDRINUSE.*${port}`));
  other.close();
});

it.concurrent('given settings that are missing or wrong, then it names all of them and no value', async () => {
  const said = await refusal({ DATABASE_URL: '', REDIS_URL: 'redis-secret-place', PORT: '99999' });
  for (const name of ['DATABASE_URL', 'REDIS_URL', 'PORT']) expect(said).toContain(name);
  expect(said).not.toContain('redis-secret-place');
});
