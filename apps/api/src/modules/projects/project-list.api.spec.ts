import { ProjectPage } from '@coditect/contracts/projects';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import type { TestTenant } from '#test/factory';

let api: TestApp;
let tenant: TestTenant;
beforeAll(async () => {
  api = await sharedApp();
  tenant = await api.factory.tenant();
  const projects = [
    { name: 'Apollo', description: 'Moon landing, 100% manned' },
    { name: 'Ärger_mit_Umlauten', description: '' },
    { name: 'apollo follow-up', description: 'back\\slash' },
    { name: 'Zephyr', description: 'Weather of the moon' },
  ];
  for (const body of projects) {
    await api.post('projects', body, tenant.member.accessToken).expect(201);
    api.advance(1);
  }
  const [zephyr] = await named('search=zephyr');
  await api.post(`projects/${zephyr!.id}/archive`, {}, tenant.admin.accessToken).expect(200);
  await api.post('projects', { name: 'Owned by admin' }, tenant.admin.accessToken).expect(201);
  const stranger = await api.factory.tenant();
  await api.post('projects', { name: 'Apollo' }, stranger.owner.accessToken).expect(201);
});

const list = (query: string) => api.get(`projects?${query}`, tenant.viewer.accessToken);
async function named(query: string): Promise<{ id: string; name: string }[]> {
  const { body } = await list(query).expect(200);
  ProjectPage.strict().parse(body);
  return body.results;
}
const names = async (query: string) => (await named(query)).map(({ name }) => name);

describe('the projects of a tenant', () => {
  it('are listed newest first', async () => {
    expect(await names('')).toEqual(['Owned by admin', 'Zephyr', 'apollo follow-up', 'Ärger_mit_Umlauten', 'Apollo']);
  });

  it('are searched in name and description, in any case', async () => {
    expect(await names('search=APOLLO&ordering=created_at')).toEqual(['Apollo', 'apollo follow-up']);
    expect(await names('search=moon&ordering=created_at')).toEqual(['Apollo', 'Zephyr']);
    expect(await names(`search=${encodeURIComponent(' ärger ')}`)).toEqual(['Ärger_mit_Umlauten']);
    expect(await names('search=')).toHaveLength(5);
    expect(await names('search=nothing')).toEqual([]);
  });

  it.each([
    ['%', ['Apollo']],
    ['_', ['Ärger_mit_Umlauten']],
    ['\\', ['apollo follow-up']],
    ['100%', ['Apollo']],
    ['a_ollo', []],
    ['\\%', []],
    ["' OR true --", []],
  ])('are searched for %j literally', async (search, found) => {
    expect(await names(`search=${encodeURIComponent(search)}`)).toEqual(found);
  });

  it('are filtered by state and owner', async () => {
    expect(await names('status=archived')).toEqual(['Zephyr']);
    expect(await names('status=active')).toHaveLength(4);
    expect(await names(`owner_id=${tenant.admin.id}`)).toEqual(['Owned by admin']);
    expect(await names(`owner_id=${tenant.member.id}&status=active&search=apollo&ordering=name`)).toHaveLength(2);
  });

  it.each([
    ['name', ['Apollo', 'apollo follow-up', 'Ärger_mit_Umlauten', 'Owned by admin', 'Zephyr']],
    ['created_at', ['Apollo', 'Zephyr', 'Owned by admin']],
    ['updated_at', ['Apollo', 'Zephyr', 'Owned by admin']],
  ])('are ordered by %s, ascending and descending', async (field, expected) => {
    const up = await names(`ordering=${field}`);
    expect(up.filter((name) => expected.includes(name))).toEqual(expected);
    expect(await names(`ordering=-${field}`)).toEqual(up.toReversed());
  });

  it('come in pages that keep the search', async () => {
    const { body } = await list('search=apollo&limit=1&ordering=created_at').expect(200);
    expect(body).toMatchObject({ count: 2, previous: null });
    const next = await api
      .http()
      .get(body.next)
      .set('authorization', `Bearer ${tenant.viewer.accessToken}`)
      .expect(200);
    expect(next.body.results.map(({ name }: { name: string }) => name)).toEqual(['apollo follow-up']);
    expect(next.body.next).toBeNull();
  });

  it.each([
    'ordering=id',
    'status=deleted',
    'owner_id=me',
    'search=%00',
    'limit=0x10',
    'limit=1e2',
    'offset=%205',
    'name=x',
  ])('are not listed for %s: 422', async (query) => {
    await list(query).expect(422);
  });
});
