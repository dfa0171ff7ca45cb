import { ChangeEvent } from '@coditect/contracts/stream';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import type { TestTenant, TestUser } from '#test/factory';
import { WatchedStream } from '#test/watched-stream';

let api: TestApp;
let tenant: TestTenant;
const opened: WatchedStream[] = [];
beforeAll(async () => {
  api = await sharedApp();
});
beforeEach(async () => {
  tenant = await api.factory.tenant();
});
afterEach(() => {
  for (const stream of opened.splice(0)) stream.close();
});

async function watch(accessToken: string): Promise<WatchedStream> {
  const stream = await WatchedStream.open(await api.app.getUrl(), accessToken);
  opened.push(stream);
  await stream.expect('reset');
  return stream;
}
/** Returns the events of a stream so far, without the first one. Acquires a seat and waits for its event, so that
 *  all earlier events have arrived. */
async function toldTo(stream: WatchedStream): Promise<string[]> {
  const { session_token } = await api.takeSeat(tenant.admin);
  const seen = stream.types().length;
  await expect
    .poll(() =>
      stream
        .types()
        .slice(seen - 1)
        .some((type) => /^(seat|license)/.test(type)),
    )
    .toBe(true);
  await api.release(session_token).expect(200);
  return stream.events
    .filter(({ type }) => type.endsWith('.changed') && type !== 'license.changed')
    .map(({ type, data }) => `${type} ${ChangeEvent.strict().parse(data).id}`);
}
const as = (user: TestUser) => user.accessToken;

describe('a change of people and projects', () => {
  it('is sent with its type and id', async () => {
    const stream = await watch(as(tenant.owner));
    const { member } = tenant;
    const invited = await api
      .post('users/invitations', { email: 'new@example.test', role: 'member' }, as(tenant.owner))
      .expect(201);
    const invitation = invited.body.invitations[0].id as string;
    await api.delete(`users/invitations/${invitation}`, as(tenant.owner)).expect(204);
    await api.patch(`users/${member.id}`, { role: 'viewer' }, as(tenant.owner)).expect(200);
    await api.post(`users/${member.id}/disable`, {}, as(tenant.owner)).expect(200);
    const { body: project } = await api.post('projects', { name: 'Apollo' }, as(tenant.owner)).expect(201);
    await api.delete(`projects/${project.id}`, as(tenant.owner)).expect(204);
    expect(await toldTo(stream)).toEqual([
      `invitation.changed ${invitation}`,
      `invitation.changed ${invitation}`,
      `user.changed ${member.id}`,
      `user.changed ${member.id}`,
      `project.changed ${project.id}`,
      `project.changed ${project.id}`,
    ]);
  });

  it('is not sent if nothing has changed or the request was refused', async () => {
    const stream = await watch(as(tenant.owner));
    await api.patch(`users/${tenant.member.id}`, { role: 'member' }, as(tenant.owner)).expect(200);
    await api.patch(`users/${tenant.owner.id}`, { role: 'member' }, as(tenant.owner)).expect(409);
    await api.post('auth/password/forgot', { email: tenant.member.email }).expect(202);
    expect(await toldTo(stream)).toEqual([]);
  });

  it('is sent to users who may read it: a member gets events of projects, and of users only its own', async () => {
    const [member, viewer, key, foreign] = await Promise.all([
      watch(as(tenant.member)),
      watch(as(tenant.viewer)),
      watch(await api.factory.apiKey(tenant.owner, ['license_session:read'])),
      watch(as((await api.factory.tenant()).owner)),
    ]);
    await api.post('users/invitations', { email: 'new@example.test', role: 'member' }, as(tenant.owner)).expect(201);
    await api.patch('auth/me', { name: 'Grace' }, as(tenant.admin)).expect(200);
    await api.patch('auth/me', { name: 'Ada' }, as(tenant.member)).expect(200);
    const { body: project } = await api.post('projects', { name: 'Apollo' }, as(tenant.owner)).expect(201);
    const [own, colleague, theirs] = [
      `user.changed ${tenant.member.id}`,
      `user.changed ${tenant.admin.id}`,
      `project.changed ${project.id}`,
    ];
    expect(await toldTo(viewer)).toEqual([colleague, own, theirs]);
    expect(await toldTo(member)).toEqual([own, theirs]);
    expect(await toldTo(key)).toEqual([]);
    expect(foreign.types()).toEqual(['reset']);
  });
});
