import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createDatabase, databaseUrls, migrate, prepareRoles } from '@coditect/local-stack/database';
import { freePort } from '@coditect/local-stack/ports';
import { startPostgres } from '@coditect/local-stack/postgres';
import { startRedis } from '@coditect/local-stack/redis';

const APPS = fileURLToPath(new URL('../..', import.meta.url));
const START_MS = 60_000;
const CLIENT = { client_id: 'coditect', client_secret: 'known to the two of them' };

/** Addresses and folders of the running product. */
export interface Product {
  dashboardUrl: string;
  apiUrl: string;
  /** A connection to all tenants, with which tests insert data. */
  systemDatabaseUrl: string;
  /** The folder where mails are written as files. */
  mailDir: string;
}

/** Starts the whole product as deployed, with its own database, Redis and OpenID issuer. `npm run build` has to run
 *  before. */
export async function startProduct(): Promise<{ product: Product; stop: () => Promise<void> }> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'dashboard-'));
  const stops: (() => Promise<unknown>)[] = [() => rm(dir, { recursive: true, force: true })];
  const stop = async () => {
    for (const end of stops.splice(0).toReversed()) await end();
  };
  try {
    await chmod(dir, 0o711); // PostgreSQL may run as another user
    const postgres = await startPostgres({ dataDir: path.join(dir, 'postgres'), settings: { fsync: 'off' } });
    stops.push(() => postgres.stop());
    const redis = await startRedis();
    stops.push(() => redis.stop());
    await prepareRoles(postgres.superuserUrl);
    await createDatabase(postgres.superuserUrl, 'dashboard');
    const database = databaseUrls(postgres.superuserUrl, 'dashboard');
    await migrate(database.owner);

    const [apiPort, dashboardPort] = [await freePort(), await freePort()];
    const [apiUrl, dashboardUrl] = [`http://localhost:${apiPort}`, `http://localhost:${dashboardPort}`];
    const issuer = await startIssuer(`${dashboardUrl}/api/v1/auth/oauth/company/callback`);
    stops.push(() => endProcess(issuer.child));

    const mailDir = path.join(dir, 'mail');
    const env = {
      NODE_ENV: 'development',
      HOST: '127.0.0.1',
      PORT: String(apiPort),
      PUBLIC_URL: apiUrl,
      DASHBOARD_URL: dashboardUrl,
      TRUST_PROXY: '127.0.0.1',
      DATABASE_URL: database.app,
      SYSTEM_DATABASE_URL: database.system,
      REDIS_URL: redis.url,
      KEYS_DIR: path.join(dir, 'keys'),
      MAIL_DIR: mailDir,
      MAIL_PAGE: 'true',
      EXPORTS_DIR: path.join(dir, 'exports'),
      AUDIT_ARCHIVE_DIR: path.join(dir, 'archive'),
      WEBHOOK_ALLOW_PRIVATE: 'true',
      OIDC_PROVIDERS: JSON.stringify([{ id: 'company', name: 'Company', issuer: issuer.url, ...CLIENT }]),
      // Rate limits are off: all tests call from one address.
      ...Object.fromEntries(
        [
          'ANONYMOUS_PER_HOUR',
          'RENEWALS_PER_HOUR',
          'USER_PER_HOUR',
          'HEARTBEATS_PER_MINUTE',
          'ADDRESS_HEARTBEATS_PER_MINUTE',
        ].map((limit) => [`THROTTLE_${limit}`, '0']),
      ),
    };
    const pagesEnv = { PORT: String(dashboardPort), API_URL: `http://127.0.0.1:${apiPort}` };
    for (const child of [
      startService('api/dist/worker.js', env),
      startService('api/dist/main.js', env),
      startService('dashboard/dist-server/main.js', pagesEnv),
    ])
      stops.push(() => endProcess(child));
    await Promise.all([untilReady(`${apiUrl}/readyz`), untilReady(`${dashboardUrl}/healthz`)]);
    return { product: { dashboardUrl, apiUrl, systemDatabaseUrl: database.system, mailDir }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function startService(script: string, env: NodeJS.ProcessEnv): ChildProcess {
  return spawn(process.execPath, [path.join(APPS, script)], {
    env: { ...process.env, LOG_LEVEL: 'warn', ...env, DIE_WITH_PARENT: '1' },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

async function untilReady(url: string): Promise<void> {
  for (const deadline = performance.now() + START_MS; ; await sleep(100)) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return;
    if (performance.now() > deadline) throw new Error(`${url} does not answer`);
  }
}

/** A plain OpenID issuer whose users sign in with their e-mail address. */
async function startIssuer(redirectUri: string): Promise<{ url: string; child: ChildProcess }> {
  const child = spawn(process.execPath, [path.join(APPS, 'api/test/oidc-issuer.mjs'), '0', redirectUri], {
    env: { ...process.env, OIDC_CLIENT: JSON.stringify(CLIENT) },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const [first] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as [
    { issuer: string } | number | null,
  ];
  if (typeof first !== 'object' || first === null) throw new Error(`the issuer ended with ${first}`);
  child.on('message', (question: { id: number; wants: string; login?: string; claims?: object }) => {
    const answers: Record<string, unknown> = {
      behaviour: { requiresPkce: true, signsWithForeignKey: false, lies: false },
      account: { email: question.login, email_verified: true, name: question.login?.split('@')[0] },
      lie: question.claims,
    };
    child.send({ id: question.id, answer: answers[question.wants] ?? {} });
  });
  return { url: first.issuer, child };
}

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}
