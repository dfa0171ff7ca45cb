import type { License } from '@coditect/db/generated/prisma/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashPassword } from '#test/passwords';
import { ledgerKeys } from '#modules/licenses/ledger/seat-ledger.scripts';
import type { TestTenant } from '../factory.js';
import { Cluster } from './cluster.js';
import { routesOf } from '#platform/http/routes';
import { idsIn } from './foreign-ids.js';
import { call, Machine } from './machine.js';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start(1);
});
afterAll(() => cluster.stop());

/** Makes a tenant with an object of every kind that can be named by id. */
async function furnished(): Promise<{ tenant: TestTenant; machine: Machine; ids: string[]; password: string }> {
  const tenant = await cluster.app.factory.tenant({ seatsTotal: 2 });
  const password = 'correct horse battery staple';
  await cluster.app.db.system.user.update({
    where: { tenantId_id: { tenantId: tenant.id, id: tenant.member.id } },
    data: { passwordHash: await hashPassword(password) },
  });
  const machine = new Machine(tenant.member);
  expect((await machine.acquire(cluster.local)).status).toBe(201);
  const ids = [tenant.id, tenant.license.id, tenant.member.id, tenant.owner.id, machine.seat!.session_id];
  return { tenant, machine, ids, password };
}

/** Returns every row of a tenant in every table, and its ledger. */
async function everythingOf({ tenantId, id }: License): Promise<unknown> {
  const { db, redis } = cluster.app;
  const { rows: tables } = await db.systemQuery<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1`,
  );
  const contents: Record<string, unknown> = {};
  for (const { name } of tables) {
    const { rows } = await db.systemQuery<{ row: string }>(
      `SELECT to_jsonb(t)::text AS row FROM "${name}" t WHERE tenant_id = $1 ORDER BY 1`,
      [tenantId],
    );
    contents[name] = rows.map(({ row }) => row);
  }
  for (const key of ledgerKeys(tenantId, id)) contents[key] = (await redis.dumpBuffer(key))?.toString('hex');
  return contents;
}

describe('given two tenants, when one names objects of the other', () => {
  let mine: Awaited<ReturnType<typeof furnished>>;
  let theirs: Awaited<ReturnType<typeof furnished>>;
  let before: unknown;
  beforeAll(async () => {
    [mine, theirs] = [await furnished(), await furnished()];
    before = await everythingOf(theirs.tenant.license);
  });
  const as = (role: 'owner' | 'member' | 'viewer') => mine.tenant[role].accessToken;
  const post = (route: string, body: object, accessToken?: string) =>
    call(cluster.local, 'POST', route, { body, accessToken });

  it('then every route with an id gives 404 to the owner, and 404 or 403 to other roles', async () => {
    // A public route has no tenant before its look-up. Its parameter is a credential, or an object of the deployment.
    const withId = routesOf(cluster.app.app).filter(
      ({ path, access }) => path.includes(':') && access.kind !== 'public',
    );
    expect(withId.length).toBeGreaterThan(5);
    const needed: Record<string, object> = { 'webhooks/:id/replay': { from: '2026-01-01T00:00:00Z' } };
    for (const { method, path } of withId)
      for (const id of theirs.ids) {
        const route = path.replace(/:\w+/g, id);
        const body = method === 'GET' ? undefined : (needed[path] ?? {});
        const owner = await call(cluster.local, method, route, { body, accessToken: as('owner') });
        expect([method, path, owner.status]).toEqual([method, path, 404]);
        for (const role of ['member', 'viewer'] as const) {
          const other = await call(cluster.local, method, route, { body, accessToken: as(role) });
          expect([404, 403]).toContain(other.status);
        }
        expect((await call(cluster.local, method, route, { body })).status).toBe(401);
      }
  });

  it('then every list shows only its own objects, even with a filter for the other’s', async () => {
    // The live events are an endless stream with its own specs.
    const lists = routesOf(cluster.app.app).filter(
      ({ method, path, operation }) => method === 'GET' && !path.includes(':') && operation && path !== 'stream',
    );
    const known = new Set(theirs.ids);
    for (const { path } of lists)
      for (const filter of [
        '',
        ...['user_id', 'license_id', 'tenant_id'].flatMap((f) => theirs.ids.map((id) => `?${f}=${id}`)),
      ]) {
        const absolute = /^(healthz|readyz|docs|\.well-known)/.test(path);
        const url = absolute ? `../../${path}${filter}` : `${path}${filter}`;
        const answer = await call(cluster.local, 'GET', url, { accessToken: as('owner') });
        expect([path, idsIn(answer.body).filter((id) => known.has(id))]).toEqual([path, []]);
        expect(answer.status).toBeLessThan(500);
      }
  });

  const credentials: Record<string, () => Promise<void>> = {
    'licenses/acquire': async () => {
      const body = { machine_id: theirs.machine.id, license_key: theirs.tenant.license.key };
      expect((await post('licenses/acquire', body, as('owner'))).code).toBe('license_not_found');
      // The other tenant's machine is just another machine at the caller's own license.
      const own = await post('licenses/acquire', { machine_id: theirs.machine.id }, as('owner'));
      expect(own.body['license_id']).toBe(mine.tenant.license.id);
    },
    'licenses/validate': async () => {
      const body = { machine_id: theirs.machine.id, license_key: theirs.tenant.license.key };
      const answer = await post('licenses/validate', body, as('owner'));
      expect([answer.status, answer.body]).toMatchObject([200, { valid: false, code: 'license_not_found' }]);
    },
    'licenses/heartbeat': () => expectTokensRefused('licenses/heartbeat'),
    'licenses/release': () => expectTokensRefused('licenses/release'),
    'auth/login': async () => {
      const { email } = theirs.tenant.member;
      const body = { email, password: theirs.password, tenant: mine.tenant.slug };
      expect((await post('auth/login', body)).code).toBe('invalid_credentials');
    },
    'auth/refresh': async () => {
      expect((await post('auth/refresh', { refresh_token: forgedRefreshToken() })).code).toBe('invalid_token');
    },
    'auth/logout': async () => {
      expect((await post('auth/logout', { refresh_token: forgedRefreshToken() })).status).toBe(204);
    },
    'auth/api-keys': async () => {
      const { body } = await post('auth/api-keys', { name: 'CI', scopes: ['license:read'] }, as('owner'));
      const { body: seen } = await call(cluster.local, 'GET', 'licenses', { accessToken: String(body['key']) });
      expect(idsIn(seen)).toContain(mine.tenant.license.id);
      expect(idsIn(seen)).not.toContain(theirs.tenant.license.id);
    },
    projects: async () => {
      const { status, body } = await post('projects', { name: theirs.tenant.slug }, as('owner'));
      expect([status, body['owner']]).toMatchObject([201, { id: mine.tenant.owner.id }]);
    },
    webhooks: async () => {
      const { status, body } = await post('webhooks', { url: 'https://hooks.example.com/' }, as('owner'));
      const { tenantId } = await cluster.app.db.system.webhookEndpoint.findFirstOrThrow({
        where: { id: String(body['id']) },
      });
      expect([status, tenantId]).toEqual([201, mine.tenant.id]);
    },
    'users/invitations': async () => {
      const { status, body } = await post(
        'users/invitations',
        { email: theirs.tenant.owner.email, role: 'viewer' },
        as('owner'),
      );
      expect([status, idsIn(body)]).toEqual([201, expect.arrayContaining([mine.tenant.owner.id])]);
    },
    'auth/me': async () => {
      const options = { body: { name: theirs.tenant.slug }, accessToken: as('member') };
      expect((await call(cluster.local, 'PATCH', 'auth/me', options)).body['id']).toBe(mine.tenant.member.id);
    },
    tenant: async () => {
      const body = { slug: theirs.tenant.slug };
      const answer = await call(cluster.local, 'PATCH', 'tenant', { body, accessToken: as('owner') });
      expect(answer.code).toBe('slug_taken');
    },
    'tenant/close': async () => {
      const body = { confirm_slug: theirs.tenant.slug };
      expect((await post('tenant/close', body, as('owner'))).code).toBe('validation_failed');
    },
    'tenant/reopen': async () => {
      expect((await post('tenant/reopen', {}, as('owner'))).body['id']).toBe(mine.tenant.id);
    },
    'tenant/exports': async () => {
      expect((await post('tenant/exports', {}, as('owner'))).body['requested_by']).toBe(mine.tenant.owner.id);
    },
    'auth/logout-everywhere': async () => {
      expect((await post('auth/logout-everywhere', { except_current: true }, as('viewer'))).status).toBe(204);
    },
    'auth/password/change': async () => {
      const body = { current_password: theirs.password, new_password: 'seven drowsy otters on a raft' };
      expect((await post('auth/password/change', body, as('member'))).status).toBe(204);
    },
    'auth/password/forgot': async () => {
      const body = { email: theirs.tenant.member.email, tenant: mine.tenant.slug };
      expect((await post('auth/password/forgot', body)).status).toBe(202);
    },
    'auth/password/reset': async () => {
      const body = { token: forgedRefreshToken().replace('crt_', 'cpr_'), password: 'seven drowsy otters on a raft' };
      expect((await post('auth/password/reset', body)).code).toBe('link_invalid');
    },
    'auth/email/verification': async () => {
      expect((await post('auth/email/verification', {}, as('member'))).status).toBe(202);
    },
    'auth/email/verify': async () => {
      const token = forgedRefreshToken().replace('crt_', 'cev_');
      expect((await post('auth/email/verify', { token })).code).toBe('link_invalid');
    },
    'auth/email/change': async () => {
      expect((await post('auth/email/change', { email: theirs.tenant.member.email }, as('owner'))).status).toBe(202);
    },
    'auth/email/change/confirm': async () => {
      const token = forgedRefreshToken().replace('crt_', 'cec_');
      expect((await post('auth/email/change/confirm', { token })).code).toBe('link_invalid');
    },
    'auth/two-factor/totp': async () => {
      expect((await post('auth/two-factor/totp', {}, as('viewer'))).status).toBe(200);
    },
    'auth/two-factor/totp/confirm': async () => {
      const { code } = await post('auth/two-factor/totp/confirm', { code: '000000' }, as('owner'));
      expect(code).toBe('two_factor_not_enabled');
    },
    'auth/two-factor/recovery-codes': async () => {
      const { code } = await post('auth/two-factor/recovery-codes', { code: '000000' }, as('owner'));
      expect(code).toBe('two_factor_not_enabled');
    },
    'auth/two-factor/totp/disable': async () => {
      const { code } = await post('auth/two-factor/totp/disable', { code: '000000' }, as('owner'));
      expect(code).toBe('two_factor_not_enabled');
    },
    'auth/device': async () => {
      expect((await post('auth/device', { client_name: theirs.tenant.slug })).status).toBe(200);
    },
    'auth/device/token': async () => {
      expect((await post('auth/device/token', { device_code: forgedRefreshToken() })).code).toBe('expired_token');
    },
  };

  it('then every route that takes a credential or a key in its body refuses the other’s', async () => {
    const posts = routesOf(cluster.app.app).filter(({ method, path }) => method !== 'GET' && !path.includes(':'));
    expect(posts.map(({ path }) => path).toSorted()).toEqual(Object.keys(credentials).toSorted());
    for (const attempt of Object.values(credentials)) await attempt();
  });

  /** Sends the other's session token with the caller's own bearer, and forgeries: the other's session under the
   *  caller's tenant or license. */
  async function expectTokensRefused(route: string): Promise<void> {
    const token = theirs.machine.seat!.session_token;
    expect((await post(route, { session_token: token }, as('owner'))).code).toBe('session_not_found');
    const own = bytesOf(mine.machine.seat!.session_token);
    for (const [from, to] of [
      [0, 16],
      [16, 32],
      [0, 32],
      [32, 80],
    ] as const) {
      const forged = bytesOf(token);
      own.copy(forged, from, from, to);
      const session_token = `cst_${forged.toString('base64url')}`;
      for (const accessToken of [undefined, as('owner')])
        expect((await post(route, { session_token }, accessToken)).code).toBe('session_not_found');
    }
  }

  function forgedRefreshToken(): string {
    return `crt_${Buffer.concat([Buffer.from(theirs.tenant.id.replaceAll('-', ''), 'hex'), Buffer.alloc(32, 7)]).toString('base64url')}`;
  }

  it('then an access token with the other tenant written into it is refused', async () => {
    const [header, payload, signature] = as('owner').split('.');
    const claims = JSON.parse(Buffer.from(payload!, 'base64url').toString()) as object;
    const changed = Buffer.from(JSON.stringify({ ...claims, tid: theirs.tenant.id })).toString('base64url');
    const unsigned = Buffer.from(JSON.stringify({ alg: 'none', typ: 'JWT' })).toString('base64url');
    for (const accessToken of [`${header}.${changed}.${signature}`, `${unsigned}.${changed}.`])
      expect((await call(cluster.local, 'GET', 'licenses', { accessToken })).status).toBe(401);
  });

  it('then nothing of the other has changed, in any table or in its ledger', async () => {
    expect(await everythingOf(theirs.tenant.license)).toEqual(before);
    expect((await theirs.machine.heartbeat(cluster.local)).status).toBe(200);
  });
});

function bytesOf(token: string): Buffer {
  return Buffer.from(token.slice('cst_'.length), 'base64url');
}
