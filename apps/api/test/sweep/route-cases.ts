import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import type { Permission } from '@coditect/contracts/names';
import { newMachine } from '../factory.js';
import { accountCases } from './account-cases.js';
import { nothing, type RouteCase, type World } from './route-case.js';

/** The request of every operation. A new route without a line here fails the sweep. */
export const routeCases: Record<string, RouteCase> = {
  ...accountCases,

  health_live: nothing,
  health_ready: nothing,
  jwks_jwks: nothing,
  metrics_read: nothing,

  licenses_list: nothing,
  licenses_get: ({ tenant }) => ({ params: { id: tenant.license.id } }),
  seatRequests_contacts: ({ tenant }) => ({ params: { id: tenant.license.id } }),
  seatRequests_ask: ({ tenant }) => ({ params: { id: tenant.license.id } }),
  seats_acquire: () => ({ body: { machine_id: newMachine() } }),
  seats_validate: () => ({ body: { machine_id: newMachine() } }),
  seats_heartbeat: async (world) => ({ body: { session_token: (await seat(world)).session_token } }),
  seats_release: async (world) => ({ body: { session_token: (await seat(world)).session_token } }),
  licenseSessions_list: nothing,
  licenseSessions_get: async (world) => ({ params: { id: (await seat(world)).session_id } }),
  licenseSessions_signedLicense: async (world) => ({ params: { id: (await seat(world)).session_id } }),
  licenseSessions_heartbeat: async (world) => ({ params: { id: (await seat(world)).session_id } }),
  licenseSessions_release: async (world) => ({ params: { id: (await seat(world)).session_id } }),

  stream_open: nothing,

  tenants_get: nothing,
  tenants_update: () => ({ body: { name: 'Renamed' } }),
  tenants_readQuota: nothing,
  tenants_close: ({ tenant }) => ({ body: { confirm_slug: tenant.slug } }),
  tenants_reopen: async ({ api, tenant }) => {
    await api.post('tenant/close', { confirm_slug: tenant.slug }, tenant.owner.accessToken).expect(200);
    return {};
  },
  dataExports_list: nothing,
  dataExports_request: nothing,
  dataExports_get: async (world) => ({ params: { id: await dataExport(world) } }),
  dataExports_download: async (world) => ({ params: { id: await dataExport(world) }, answers: '409 export_not_ready' }),

  users_list: nothing,
  users_get: ({ caller }) => ({ params: { id: caller.id } }),
  users_update: async (world) => ({ params: { id: await colleague(world) }, body: { name: 'Renamed' } }),
  users_remove: async (world) => ({ params: { id: await colleague(world) } }),
  users_disable: async (world) => ({ params: { id: await colleague(world) } }),
  users_enable: async (world) => ({ params: { id: await colleague(world) } }),
  users_resetTwoFactor: async (world) => ({ params: { id: await colleague(world) } }),
  users_erase: async (world) => ({ params: { id: await colleague(world) } }),
  invitations_invite: () => ({ body: { email: `${randomUUID()}@example.test`, role: 'member' } }),
  invitations_list: nothing,
  invitations_resend: async (world) => ({ params: { id: await invitation(world) } }),
  invitations_revoke: async (world) => ({ params: { id: await invitation(world) } }),

  projects_list: nothing,
  projects_create: () => ({ body: { name: 'Apollo' } }),
  projects_get: async (world) => ({ params: { id: await project(world) } }),
  projects_update: async (world) => ({ params: { id: await project(world) }, body: { name: 'Gemini' } }),
  projects_delete: async (world) => ({ params: { id: await project(world) } }),
  projects_archive: async (world) => ({ params: { id: await project(world) } }),
  projects_restore: async (world) => ({ params: { id: await project(world) } }),

  apiKeys_list: nothing,
  apiKeys_create: () => ({ body: { name: 'CI', scopes: ['license:read'] } }),
  apiKeys_get: async (world) => ({ params: { id: await apiKey(world) } }),
  apiKeys_update: async (world) => ({ params: { id: await apiKey(world) }, body: { name: 'Build' } }),
  apiKeys_revoke: async (world) => ({ params: { id: await apiKey(world) } }),
  apiKeys_rotate: async (world) => ({ params: { id: await apiKey(world) }, body: {} }),

  analytics_usage: aFewDays,
  analytics_heatmap: aFewDays,
  analytics_denials: aFewDays,
  analytics_forecast: ({ tenant }) => ({ query: `?license_id=${tenant.license.id}` }),
  analytics_whatIf: ({ tenant }) => ({
    query: `?license_id=${tenant.license.id}&seats=5&from=2026-11-20T08:00:00Z&to=2026-11-22T08:00:00Z`,
  }),
  webhooks_list: nothing,
  webhooks_create: () => ({ body: { url: 'https://hooks.example.com/' } }),
  webhooks_get: async (world) => ({ params: { id: await webhook(world) } }),
  webhooks_update: async (world) => ({ params: { id: await webhook(world) }, body: { description: 'Renamed' } }),
  webhooks_delete: async (world) => ({ params: { id: await webhook(world) } }),
  webhooks_rotateSecret: async (world) => ({ params: { id: await webhook(world) } }),
  webhooks_enable: async (world) => ({ params: { id: await webhook(world) } }),
  webhooks_disable: async (world) => ({ params: { id: await webhook(world) } }),
  webhookDeliveries_list: async (world) => ({ params: { id: await webhook(world) } }),
  webhookDeliveries_get: async (world) => ({ params: { id: await webhookDelivery(world) } }),
  webhookDeliveries_retry: async (world) => ({ params: { id: await webhookDelivery(world) } }),
  webhookDeliveries_replay: async (world) => ({
    params: { id: await webhook(world) },
    body: { from: '2026-01-01T00:00:00Z' },
  }),
  webhookDeliveries_test: async (world) => ({ params: { id: await webhook(world, 'https://127.0.0.1/') } }),
  events_list: nothing,

  auditLogs_list: nothing,
  auditLogs_get: async (world) => ({ params: { id: await auditEntry(world) } }),
  auditLogs_verify: nothing,
  auditLogs_export: () => ({ query: '?format=ndjson' }),
};

function aFewDays(): { query: string } {
  return { query: '?from=2026-11-20T08:00:00Z&to=2026-11-22T08:00:00Z' };
}

/** Acquires a seat for the caller, or for the owner if the caller may not hold one. */
async function seat({ api, tenant, caller }: World) {
  return api.takeSeat(caller.role === 'viewer' ? tenant.owner : caller);
}

async function project({ api, tenant, caller }: World): Promise<string> {
  const owner = caller.role === 'viewer' ? tenant.owner : caller;
  const { body } = await api.post('projects', { name: 'Apollo' }, owner.accessToken).expect(201);
  return (body as { id: string }).id;
}

async function colleague({ api, tenant }: World): Promise<string> {
  return (await api.factory.user(tenant.id, 'member')).id;
}

/** Makes an invitation that is old enough to be sent again. */
async function invitation({ api, tenant }: World): Promise<string> {
  const { id } = await api.db.system.invitation.create({
    data: {
      tenantId: tenant.id,
      email: `${randomUUID()}@example.test`,
      role: 'member',
      invitedBy: tenant.owner.id,
      tokenHash: Uint8Array.from(randomBytes(32)),
      expiresAt: new Date(Date.now() + 3_600_000),
    },
  });
  return id;
}

async function apiKey({ api, caller }: World): Promise<string> {
  const scopes: Permission[] = ['license:read'];
  await api.factory.apiKey(caller, scopes);
  const { id } = await api.db.system.apiKey.findFirstOrThrow({ where: { userId: caller.id } });
  return id;
}

async function dataExport({ api, tenant }: World): Promise<string> {
  const { id } = await api.db.system.dataExport.create({
    data: { tenantId: tenant.id, requestedBy: tenant.owner.id },
  });
  return id;
}

async function webhook({ api, tenant }: World, url = 'https://hooks.example.com/'): Promise<string> {
  const { id } = await api.db.system.webhookEndpoint.create({
    data: { tenantId: tenant.id, url, eventTypes: ['*'], secret: 'sealed' },
  });
  return id;
}

async function webhookDelivery(world: World): Promise<string> {
  const { id: tenantId, owner } = world.tenant;
  const now = new Date();
  const about = { resourceType: 'user', resourceId: owner.id, sequence: randomInt(1, 2 ** 31) };
  const { id: eventId } = await world.api.db.system.event.create({
    data: { tenantId, type: 'user.created', ...about, data: {}, occurredAt: now, recordedAt: now },
  });
  const { id } = await world.api.db.system.webhookDelivery.create({
    data: {
      tenantId,
      endpointId: await webhook(world),
      eventId,
      eventType: 'user.created',
      ...about,
      status: 'succeeded',
      nextAttemptAt: now,
      completedAt: now,
    },
  });
  return id;
}

async function auditEntry(world: World): Promise<string> {
  const [entry] = await world.api.auditOf(await project(world), 'project.created');
  return entry!.id;
}
