import { expect, it } from 'vitest';
import { parseOptions } from './options.js';

it('starts its own server by default', () => {
  expect(parseOptions([], {})).toEqual({
    seconds: 10,
    connections: 64,
    tenants: 50,
    sessions: 20_000,
    json: false,
    profile: undefined,
    given: undefined,
  });
});

it('uses a given server, with the database URL of the environment', () => {
  const env = { SYSTEM_DATABASE_URL: 'postgresql://system@db/licenses' };
  expect(parseOptions(['--url', 'http://host:3000/', '--api-pid', '12'], env)).toMatchObject({
    given: { url: 'http://host:3000', systemDatabaseUrl: 'postgresql://system@db/licenses', apiPid: 12 },
  });
});

it.each([
  [['--seconds', '0'], /--seconds must be a whole number from 1 to 60/],
  [['--connections', 'many'], /--connections/],
  [['--profile', 'release'], /--profile must be heartbeat or acquire/],
  [['--profile', 'acquire', '--url', 'http://host'], /leave --url out/],
  [['--url', 'http://host'], /--system-database-url/],
  [['--url', 'host', '--system-database-url', 'postgresql://db'], /--url must be a URL/],
  [['--fast'], /--fast/],
])('refuses %j in one line', (args, message) => {
  expect(() => parseOptions(args, {})).toThrow(message);
});
