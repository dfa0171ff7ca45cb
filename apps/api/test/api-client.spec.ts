import { answerOf, createApiClient, everyItem } from '@coditect/api-client/api-client';
import { ApiProblem } from '@coditect/api-client/api-problem';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TestApp } from './app.js';
import { sharedApp } from './shared-app.js';
import type { TestTenant } from './factory.js';

let api: TestApp;
let baseUrl: string;
let tenant: TestTenant;
beforeAll(async () => {
  api = await sharedApp();
  baseUrl = await api.app.getUrl();
  tenant = await api.factory.tenant();
});

const clientOf = (token: string | undefined) => createApiClient({ baseUrl, token: () => token });

describe('given the generated client', () => {
  it('then its results have the types of the contract', async () => {
    const client = clientOf(tenant.owner.accessToken);
    const project = await answerOf(client.POST('/api/v1/projects', { body: { name: 'Apollo', description: '' } }));
    const read = await answerOf(client.GET('/api/v1/projects/{id}', { params: { path: { id: project.id } } }));
    expect(read).toEqual(project);
    await answerOf(client.DELETE('/api/v1/projects/{id}', { params: { path: { id: project.id } } }));
  });

  it('then a list can be read to its end, page by page', async () => {
    const client = clientOf(tenant.owner.accessToken);
    for (const name of ['a', 'b', 'c', 'd', 'e'])
      await answerOf(client.POST('/api/v1/projects', { body: { name, description: '' } }));
    const names: string[] = [];
    let pages = 0;
    const items = everyItem((offset) => {
      pages += 1;
      const query = { limit: 2, offset, ordering: 'name' as const };
      return answerOf(client.GET('/api/v1/projects', { params: { query } }));
    });
    for await (const { name } of items) names.push(name);
    expect([names, pages]).toEqual([['a', 'b', 'c', 'd', 'e'], 3]);
  });

  it('then a refusal is an error with the code, the fields and the request id', async () => {
    const client = clientOf(tenant.owner.accessToken);
    const refused = answerOf(client.POST('/api/v1/projects', { body: { name: '', description: '' } }));
    const problem = await refused.catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(ApiProblem);
    expect(problem).toMatchObject({ status: 422, code: 'validation_failed', errors: [{ path: 'name' }] });
    expect((problem as ApiProblem).requestId).toMatch(/^[0-9a-f-]{36}$/);
    const viewer = answerOf(clientOf(tenant.viewer.accessToken).GET('/api/v1/audit-logs'));
    await expect(viewer).rejects.toMatchObject({ status: 403, code: 'forbidden', body: { permission: 'audit:read' } });
  });

  it('then a response of a proxy before the API is an error too', async () => {
    const answer = () => Promise.resolve(new Response('<h1>Bad gateway</h1>', { status: 502 }));
    const client = createApiClient({ baseUrl, fetch: answer });
    const problem = answerOf(client.GET('/api/v1/auth/me'));
    await expect(problem).rejects.toMatchObject({ status: 502, code: 'unexpected_answer', errors: [] });
  });

  it('when the access token has expired, then it is renewed once and the request is sent again, with its body', async () => {
    let token: string | undefined = 'eyJhbGciOiJSUzI1NiJ9.e30.AAAA';
    let refreshes = 0;
    const refresh = () => {
      refreshes += 1;
      token = tenant.owner.accessToken;
      return Promise.resolve(true);
    };
    const client = createApiClient({ baseUrl, token: () => token, refresh });
    const made = await answerOf(client.POST('/api/v1/projects', { body: { name: 'Gemini', description: '' } }));
    expect([made.name, refreshes]).toEqual(['Gemini', 1]);
    const hopeless = createApiClient({ baseUrl, token: () => 'x', refresh: () => Promise.resolve(false) });
    await expect(answerOf(hopeless.GET('/api/v1/auth/me'))).rejects.toMatchObject({ status: 401 });
  });
});
