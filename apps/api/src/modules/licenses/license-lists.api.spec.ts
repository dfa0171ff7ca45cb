import { randomUUID } from 'node:crypto';
import type { AcquireResponse } from '@coditect/contracts/license-sessions';
import { LicenseSessionPage } from '@coditect/contracts/license-sessions';
import { LicensePage } from '@coditect/contracts/licenses';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import { newMachine, type TestTenant, type TestUser } from '#test/factory';

let api: TestApp;
beforeAll(async () => {
  api = await sharedApp();
});

async function listed(route: string, user: TestUser) {
  const { body } = await api.get(route, user.accessToken).expect(200);
  return body as { count: number; next: string | null; previous: string | null; results: Record<string, unknown>[] };
}
const idsOf = ({ results }: { results: Record<string, unknown>[] }) => results.map(({ id }) => id);

describe('given five license sessions of three users, one of them ended', () => {
  let tenant: TestTenant;
  let stranger: TestTenant;
  let sessions: AcquireResponse[];
  const machine = newMachine();
  beforeAll(async () => {
    tenant = await api.factory.tenant({ seatsTotal: 10 });
    stranger = await api.factory.tenant();
    await api.takeSeat(stranger.member);
    sessions = [];
    for (const user of [tenant.member, tenant.member, tenant.admin, tenant.owner]) {
      sessions.push(await api.takeSeat(user));
      api.advance(1);
    }
    sessions.push(await api.takeSeat(tenant.owner, { machine_id: machine }));
    await api.release(sessions[0]!.session_token).expect(200);
  });
  const ids = (...seats: number[]) => seats.map((seatNo) => sessions[seatNo - 1]!.session_id);

  it('an admin sees all of its tenant, newest first, with the holder of each seat', async () => {
    const page = await listed('license-sessions', tenant.admin);
    LicenseSessionPage.strict().parse(page);
    expect(idsOf(page)).toEqual(ids(5, 4, 3, 2, 1));
    expect(page).toMatchObject({ count: 5, next: null, previous: null });
    expect(page.results[0]).toMatchObject({
      license_id: tenant.license.id,
      user: { id: tenant.owner.id, email: tenant.owner.email, name: tenant.owner.name },
      machine_id: machine,
      seat_no: 5,
      status: 'active',
      expires_at: sessions[4]!.expires_at,
      ended_at: null,
      end_reason: null,
    });
    expect(page.results[4]).toMatchObject({ status: 'released', end_reason: 'released', ended_at: expect.any(String) });
  });

  it('no response contains a token or part of one', async () => {
    const { text } = await api.get('license-sessions', tenant.owner.accessToken).expect(200);
    expect(text).not.toMatch(/token|salt|hash|cst_/);
  });

  it.each(['owner', 'viewer'] as const)('an %s sees all of them as well', async (role) => {
    expect((await listed('license-sessions', tenant[role])).count).toBe(5);
  });

  it('a member sees only its own, even with a filter for those of other users', async () => {
    expect(idsOf(await listed('license-sessions', tenant.member))).toEqual(ids(2, 1));
    expect(idsOf(await listed(`license-sessions?user_id=${tenant.admin.id}`, tenant.member))).toEqual([]);
    expect(idsOf(await listed('license-sessions?search=admin', tenant.member))).toEqual([]);
    expect(idsOf(await listed('license-sessions?search=member', tenant.member))).toEqual(ids(2, 1));
    await api.get(`license-sessions/${ids(2)[0]}`, tenant.member.accessToken).expect(200);
    await api.get(`license-sessions/${ids(3)[0]}`, tenant.member.accessToken).expect(404);
  });

  it.each([
    ['status=active', [5, 4, 3, 2]],
    ['status=released', [1]],
    ['status=revoked', []],
    ['user_id=:owner', [5, 4]],
    ['machine_id=:machine', [5]],
    ['license_id=:license', [5, 4, 3, 2, 1]],
    ['status=active&user_id=:member', [2]],
    ['license_id=:foreign', []],
    ['user_id=:stranger', []],
    ['ordering=seat_no', [1, 2, 3, 4, 5]],
    ['ordering=-seat_no', [5, 4, 3, 2, 1]],
    ['ordering=started_at', [1, 2, 3, 4, 5]],
    ['ordering=-started_at', [5, 4, 3, 2, 1]],
    ['search=A%20OWNER', [5, 4]],
    ['search=MEMBER-', [2, 1]],
    ['search=member-&status=released', [1]],
    ['search=A%20O_NER', []],
    ['search=:start', [5]],
    ['search=:rest', []],
    ['search=:session', [3]],
    ['search=:digits', [3]],
    ['search=%20', [5, 4, 3, 2, 1]],
    ['search=stranger', []],
  ])('?%s answers the seats %j', async (query, seats) => {
    const filled = query
      .replace(':owner', tenant.owner.id)
      .replace(':machine', machine.toUpperCase())
      .replace(':start', machine.slice(0, 8).toUpperCase())
      .replace(':rest', machine.slice(9))
      .replace(':session', ids(3)[0]!.toUpperCase())
      .replace(':digits', ids(3)[0]!.replaceAll('-', '').slice(0, 30))
      .replace(':member', tenant.member.id)
      .replace(':license', tenant.license.id)
      .replace(':foreign', stranger.license.id)
      .replace(':stranger', stranger.member.id);
    const page = await listed(`license-sessions?${filled}`, tenant.viewer);
    expect(idsOf(page)).toEqual(ids(...seats));
    expect(page.count).toBe(seats.length);
  });

  it('are found by a text that matches more users than a list of ids can hold', async () => {
    const { id: tenantId, member, viewer } = await api.factory.tenant();
    const crowd = Array.from({ length: 1001 }, (_, n) => ({
      tenantId,
      email: `crowd-${n}@example.test`,
      name: 'Crowd',
    }));
    await api.db.system.user.createMany({ data: crowd });
    const { session_id } = await api.takeSeat(member);
    expect(idsOf(await listed('license-sessions?search=example.test', viewer))).toEqual([session_id]);
    expect(idsOf(await listed('license-sessions?search=crowd', viewer))).toEqual([]);
  });

  it('can be read page by page: next and previous are complete URLs and keep the filters', async () => {
    const first = await listed('license-sessions?limit=2&ordering=seat_no&status=active', tenant.admin);
    expect(idsOf(first)).toEqual(ids(2, 3));
    expect(first).toMatchObject({ count: 4, previous: null });
    const follow = (url: string | null) => listed(url!.replace('/api/v1/', ''), tenant.admin);
    const second = await follow(first.next);
    expect(idsOf(second)).toEqual(ids(4, 5));
    expect(second.next).toBeNull();
    expect(idsOf(await follow(second.previous))).toEqual(ids(2, 3));
    const past = await listed('license-sessions?limit=2&offset=100', tenant.admin);
    expect(past).toMatchObject({ count: 5, next: null, results: [] });
  });

  it.each([
    'limit=0',
    'limit=1001',
    'limit=-1',
    'limit=1.5',
    'limit=many',
    'limit=',
    'offset=-1',
    'offset=x',
    'ordering=token_hash',
    'ordering=seat_no%3BDROP',
    'status=alive',
    'license_id=7',
    'user_id=x',
    'machine_id=x',
  ])('?%s is refused by name: 422', async (query) => {
    const { body } = await api.get(`license-sessions?${query}`, tenant.admin.accessToken).expect(422);
    expect(body).toMatchObject({ code: 'validation_failed', errors: [{ path: query.split('=')[0] }] });
  });

  it.each(['limit=1', 'limit=1000'])('?%s is allowed', async (query) => {
    const { body } = await api.get(`license-sessions?${query}`, tenant.admin.accessToken).expect(200);
    expect(body.count).toBe(5);
  });

  it.each(['owner', 'admin', 'member', 'viewer'] as const)('of another tenant are 404 for an %s', async (role) => {
    const { body } = await api.get(`license-sessions/${ids(2)[0]}`, stranger[role].accessToken).expect(404);
    expect(body.code).toBe('session_not_found');
  });
});

describe('given licenses, when a user lists them', () => {
  const seatsOf = async (user: TestUser, id: string) => {
    const { body } = await api.get(`licenses/${id}`, user.accessToken).expect(200);
    const { seats_total, seats_in_use, seats_free } = body as Record<string, number>;
    return [seats_total, seats_in_use, seats_free];
  };

  it.each(['owner', 'admin', 'member', 'viewer'] as const)('then an %s sees only those of its tenant', async (role) => {
    const tenant = await api.factory.tenant();
    await api.factory.tenant();
    const page = await listed('licenses', tenant[role]);
    LicensePage.strict().parse(page);
    expect(page).toMatchObject({
      count: 1,
      results: [
        {
          id: tenant.license.id,
          key: tenant.license.key,
          product: 'coditect',
          plan_tier: 'team',
          status: 'active',
          lease_seconds: 360,
          session_seconds: 28_800,
          valid_until: null,
        },
      ],
    });
  });

  it('then product and status filter them, and pages work as in every list', async () => {
    const tenant = await api.factory.tenant();
    const reports = await api.factory.license(tenant.id, { product: 'reports', status: 'suspended' });
    expect(idsOf(await listed('licenses?product=reports', tenant.owner))).toEqual([reports.id]);
    expect(idsOf(await listed('licenses?status=suspended', tenant.owner))).toEqual([reports.id]);
    expect(idsOf(await listed('licenses?status=active', tenant.owner))).toEqual([tenant.license.id]);
    const first = await listed('licenses?limit=1', tenant.owner);
    expect(first).toMatchObject({ count: 2, next: '/api/v1/licenses?limit=1&offset=1' });
    await api.get('licenses?limit=1001', tenant.owner.accessToken).expect(422);
    await api.get('licenses?status=sold', tenant.owner.accessToken).expect(422);
  });

  it('then the three numbers of seats follow the held seats; a lapsed seat is not in use, recorded or not', async () => {
    const { owner, member, license } = await api.factory.tenant({ seatsTotal: 3 });
    expect(await seatsOf(owner, license.id)).toEqual([3, 0, 3]);
    const seat = await api.takeSeat(member);
    await api.takeSeat(member);
    expect(await seatsOf(owner, license.id)).toEqual([3, 2, 1]);
    await api.release(seat.session_token).expect(200);
    expect(await seatsOf(owner, license.id)).toEqual([3, 1, 2]);
    api.advance(361);
    expect(await seatsOf(owner, license.id)).toEqual([3, 0, 3]);
    expect((await api.seatsHeld(license)).postgres).toBe(1);
  });

  it('then a total below the held seats leaves none free, and never a negative number', async () => {
    const { owner, license } = await api.factory.tenant({ seatsTotal: 2 });
    await api.takeSeat(owner);
    await api.takeSeat(owner);
    await api.db.system.license.updateMany({ where: { id: license.id }, data: { seatsTotal: 1 } });
    expect(await seatsOf(owner, license.id)).toEqual([1, 2, 0]);
  });

  it("then another tenant's license and an unknown one are 404, an invalid id is 422, no access token is 401", async () => {
    const [{ owner }, other] = [await api.factory.tenant(), await api.factory.tenant()];
    const { body } = await api.get(`licenses/${other.license.id}`, owner.accessToken).expect(404);
    expect(body.code).toBe('license_not_found');
    await api.get(`licenses/${randomUUID()}`, owner.accessToken).expect(404);
    await api.get('licenses/7', owner.accessToken).expect(422);
    await api.get('licenses').expect(401);
    await api.get('license-sessions').expect(401);
  });
});
