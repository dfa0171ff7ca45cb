import { createConfig, lintFromString } from '@redocly/openapi-core';
import type { OpenAPIObject } from '@nestjs/swagger';
import { problemCodes } from '@coditect/contracts/problem';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import { routesOf } from '#platform/http/routes';

/** The document that libs/api-client is generated from. `npx nx update api-client` updates both. */
const COMMITTED = '../../../../../libs/api-client/src/generated/openapi.json';

let api: TestApp;
let document: OpenAPIObject;
beforeAll(async () => {
  api = await sharedApp();
  document = (await api.get('openapi.json').expect(200)).body as OpenAPIObject;
});

const operations = () =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item as Record<string, Operation>).map(([method, operation]) => ({ path, method, operation })),
  );
type Content = Record<string, { example?: unknown; examples?: Record<string, unknown> }>;
interface Operation {
  operationId: string;
  summary?: string;
  security?: unknown[];
  requestBody?: { content: Content };
  responses: Record<string, { content?: Content }>;
}

describe('the OpenAPI document', () => {
  it('is version 3.1 and has every route of the application except the documentation', () => {
    expect(document.openapi).toBe('3.1.0');
    const documented = operations().map(({ operation }) => operation.operationId);
    const routes = routesOf(api.app).map((route) => route.operationId);
    expect(documented.toSorted()).toEqual(routes.filter((id) => !id.startsWith('docs_')).toSorted());
  });

  it('passes a public linter without an error', async () => {
    const config = await createConfig({ extends: ['recommended'] });
    const problems = await lintFromString({ source: JSON.stringify(document), config });
    const found = problems
      .filter(({ severity }) => severity === 'error')
      .map(({ ruleId, message, location }) => `${ruleId}: ${message} at ${location[0]?.pointer}`);
    expect(found).toEqual([]);
  });

  it('states for every operation what it does, which callers may use it, and how it can be refused', () => {
    for (const { path, operation } of operations()) {
      expect([path, operation.summary]).toEqual([path, expect.stringMatching(/^[A-Z'].{5,80}[^.]$/)]);
      expect([path, operation.security]).toEqual([path, expect.any(Array)]);
      expect([path, Object.keys(operation.responses)]).toEqual([path, expect.arrayContaining(['500', '503'])]);
    }
  });

  it('has an example of every body', () => {
    const without = operations().flatMap(({ path, method, operation }) =>
      [operation.requestBody?.content, ...Object.values(operation.responses).map((r) => r.content)]
        .flatMap((content) => Object.entries(content ?? {}))
        .filter(([type, media]) => /\bjson$/.test(type) && (media.example ?? media.examples) === undefined)
        .map(([type]) => `${method} ${path} ${type}`),
    );
    expect(without).toEqual([]);
  });

  it('equals the one that the client is generated from', async () => {
    const portable = { ...document, servers: [{ url: 'https://licenses.example.com' }] };
    portable.info = { ...document.info, license: { name: 'Proprietary', url: 'https://licenses.example.com/docs' } };
    await expect(`${JSON.stringify(portable, null, 2)}\n`).toMatchFileSnapshot(COMMITTED);
  });
});

describe('the documentation', () => {
  it('has a page for every error code', async () => {
    for (const code of Object.keys(problemCodes)) {
      const { text, headers } = await api.http().get(`/docs/errors/${code}`).expect(200);
      expect(headers['content-type']).toBe('text/html; charset=utf-8');
      expect(text).toContain(`<h1><code>${code}</code></h1>`);
    }
    await api.http().get('/docs/errors/nothing_like_that').expect(404);
    await api.http().get('/docs/errors/constructor').expect(404);
    expect((await api.http().get('/docs/errors').expect(200)).text).toContain('/docs/errors/no_seats_available');
  });

  it('lists on the page of a code the operations that return it', async () => {
    const { text } = await api.http().get('/docs/errors/no_seats_available').expect(200);
    expect(text).toContain('POST /api/v1/licenses/acquire');
  });

  it('can be browsed without inline scripts and without files of other hosts', async () => {
    const { text, headers } = await api.http().get('/docs').expect(200);
    expect(headers['content-security-policy']).toContain("script-src 'self';");
    expect(text).not.toMatch(/<script>|https?:\/\//);
    const files = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file!);
    expect(files).toHaveLength(3);
    for (const file of files) await api.http().get(file).expect(200);
    await api.http().get('/docs/assets/package.json').expect(404);
  });

  it('cannot be made if a route has no @Operation', () => {
    const silent = routesOf(api.app).filter(
      ({ operation, operationId }) => !operation && !operationId.startsWith('docs_'),
    );
    expect(silent.map(({ operationId }) => operationId)).toEqual([]);
  });
});
