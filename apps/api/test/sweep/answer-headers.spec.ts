import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestApp } from '../app.js';
import type { TestTenant } from '../factory.js';
import type { CaseRequest } from './route-case.js';
import { routeCases } from './route-cases.js';

interface Documented {
  name: string;
  method: string;
  path: string;
  headers: string[];
  responses: Record<string, { headers?: Record<string, unknown> }>;
}
type RawOperation = {
  operationId: string;
  parameters?: { name: string; in: string }[];
  responses: Documented['responses'];
};

let api: TestApp;
let baseUrl: string;
let operations: Documented[];
beforeAll(async () => {
  api = await TestApp.start();
  baseUrl = await api.app.getUrl();
  const { body } = await api.get('openapi.json').expect(200);
  const { paths } = body as { paths: Record<string, Record<string, RawOperation>> };
  operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, { operationId, parameters, responses }]) => ({
      name: operationId,
      method: method.toUpperCase(),
      path,
      responses,
      headers: (parameters ?? []).filter((parameter) => parameter.in === 'header').map(({ name }) => name),
    })),
  );
});
afterAll(() => api.stop());

const making = ({ responses }: Documented) => ['201', '202'].find((status) => responses[status]);
const tellsWhere = (operation: Documented) =>
  operation.responses[making(operation) ?? '']?.headers?.['Location'] !== undefined;

async function send(
  { method, path }: Documented,
  { params = {}, query = '', body }: CaseRequest,
  tenant: TestTenant,
  headers: Record<string, string> = {},
): Promise<Response> {
  const where = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
  return fetch(`${baseUrl}${where}${query}`, {
    method,
    headers: {
      ...headers,
      authorization: `Bearer ${tenant.owner.accessToken}`,
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
}
/** Returns a request of an owner that works, with its objects in a new tenant. */
async function prepared({ name }: Documented): Promise<{ tenant: TestTenant; request: CaseRequest }> {
  const tenant = await api.factory.tenant();
  return { tenant, request: await routeCases[name]!({ api, tenant, caller: tenant.owner }) };
}

describe('given operations that create something', () => {
  it('then all have a Location, except those whose result cannot be read alone', () => {
    const silent = operations.filter((operation) => operation.responses['201'] && !tellsWhere(operation));
    // An invitation is one of a list. The user who accepts one gets tokens.
    expect(silent.map(({ name }) => name).toSorted()).toEqual(['invitationLinks_accept', 'invitations_invite']);
  });

  it('then Location leads to the created object', async () => {
    const telling = operations.filter(tellsWhere);
    expect(telling.map(({ name }) => name).toSorted()).toEqual([
      'apiKeys_create',
      'apiKeys_rotate',
      'dataExports_request',
      'projects_create',
      'seats_acquire',
      'webhooks_create',
    ]);
    for (const operation of telling) {
      const { tenant, request } = await prepared(operation);
      const answer = await send(operation, request, tenant);
      expect([operation.name, String(answer.status)]).toEqual([operation.name, making(operation)]);
      const made = (await answer.json()) as { id?: string; session_id?: string };
      const location = answer.headers.get('location') ?? '';
      expect(location).toMatch(/^\/api\/v1\//);
      const read = await api.http().get(location).set('authorization', `Bearer ${tenant.owner.accessToken}`);
      expect([operation.name, read.status, read.body.id]).toEqual([operation.name, 200, made.id ?? made.session_id]);
    }
  });

  it('then a response about an existing object has no Location', async () => {
    const { tenant, request } = await prepared(operations.find(({ name }) => name === 'seats_acquire')!);
    const acquire = () => api.post('licenses/acquire', request.body, tenant.owner.accessToken);
    expect((await acquire().expect(201)).headers).toHaveProperty('location');
    expect((await acquire().expect(200)).headers).not.toHaveProperty('location');
  });
});

describe('given operations that document If-Match', () => {
  /** Operations that must run before, so that there is a state to change back. */
  const before: Record<string, string> = {
    users_enable: 'disable',
    projects_restore: 'archive',
    webhooks_enable: 'disable',
  };

  it('then each refuses another version, and those that create something do not document it', async () => {
    const conditional = operations.filter(({ headers }) => headers.includes('If-Match'));
    expect(conditional.length).toBeGreaterThan(15);
    for (const operation of conditional) {
      expect(making(operation)).toBeUndefined();
      const { tenant, request } = await prepared(operation);
      const first = before[operation.name];
      if (first) {
        const path = operation.path.replace(/\w+$/, first);
        await send({ ...operation, path }, request, tenant);
      }
      const answer = await send(operation, request, tenant, { 'if-match': '"v999"' });
      expect([operation.name, answer.status]).toEqual([operation.name, 412]);
    }
  });
});

describe('given operations that document If-None-Match', () => {
  it('then each returns 304 for its own ETag, and no other GET documents 304', async () => {
    const cached = operations.filter(({ headers }) => headers.includes('If-None-Match'));
    expect(cached.map(({ name }) => name).toSorted()).toEqual([
      'projects_get',
      'tenants_get',
      'users_get',
      'webhooks_get',
    ]);
    for (const operation of cached) {
      expect(operation.responses).toHaveProperty('304');
      const { tenant, request } = await prepared(operation);
      const etag = (await send(operation, request, tenant)).headers.get('etag') ?? '';
      const again = await send(operation, request, tenant, { 'if-none-match': etag });
      expect([operation.name, again.status, await again.text()]).toEqual([operation.name, 304, '']);
    }
    const others = operations.filter(
      ({ headers, responses }) => '304' in responses && !headers.includes('If-None-Match'),
    );
    expect(others).toEqual([]);
  });
});
