import { expect, it } from 'vitest';
import { readEnvironment } from './environment.js';

it('needs no environment variables', () => {
  expect(readEnvironment({}, '/srv/app')).toEqual({
    port: { number: 3000, explicit: false },
    dashboardPort: { number: 3001, explicit: false },
    database: undefined,
    redisUrl: undefined,
    publicUrl: undefined,
    dataDir: '/srv/app/.data',
    nodeEnv: 'development',
    mailPage: true,
  });
});

it.each([{ NODE_ENV: 'production' }, { SMTP_URL: 'smtp://mail' }, { PUBLIC_URL: 'https://licenses.example.com' }])(
  'does not show mails with %j',
  (env) => {
    expect(readEnvironment(env, '/srv/app').mailPage).toBe(false);
  },
);

it('treats an empty variable as not set', () => {
  const empty = { PORT: '', DATABASE_URL: '', REDIS_URL: '', PUBLIC_URL: '', NODE_ENV: '' };

  expect(readEnvironment({ ...empty, DATA_DIR: '' }, '/srv/app')).toEqual(readEnvironment({}, '/srv/app'));
});

it('uses the servers of the user if their URLs are set', () => {
  const env = {
    DATABASE_URL: 'postgresql://license_app@db/coditect',
    SYSTEM_DATABASE_URL: 'postgresql://license_system@db/coditect',
    MIGRATE_DATABASE_URL: 'postgresql://license_owner@db/coditect',
    REDIS_URL: 'redis://cache:6379',
  };

  expect(readEnvironment(env, '/root')).toMatchObject({
    database: { app: env.DATABASE_URL, system: env.SYSTEM_DATABASE_URL, owner: env.MIGRATE_DATABASE_URL },
    redisUrl: env.REDIS_URL,
  });
});

it('names missing database URLs, because one role cannot replace another', () => {
  expect(() => readEnvironment({ DATABASE_URL: 'postgresql://license_app@db/coditect' }, '/srv/app')).toThrow(
    /: SYSTEM_DATABASE_URL and MIGRATE_DATABASE_URL not set$/,
  );
  expect(() =>
    readEnvironment({ SYSTEM_DATABASE_URL: 'postgresql://a', MIGRATE_DATABASE_URL: 'postgresql://b' }, '/srv/app'),
  ).toThrow(/: DATABASE_URL not set$/);
});

it('keeps its data in DATA_DIR', () => {
  expect(readEnvironment({ DATA_DIR: 'other' }, '/srv/app').dataDir).toBe('/srv/app/other');
  expect(readEnvironment({ DATA_DIR: '/var/lib/coditect' }, '/srv/app').dataDir).toBe('/var/lib/coditect');
});

it('marks a port that was set explicitly', () => {
  expect(readEnvironment({ PORT: '8080' }, '/srv/app').port).toEqual({ number: 8080, explicit: true });
});

it.each(['http', '0', '65536', '80.5', '-1'])('refuses %s as a port', (value) => {
  expect(() => readEnvironment({ PORT: value }, '/srv/app')).toThrow(
    `PORT must be a number from 1 to 65535, not "${value}"`,
  );
});
