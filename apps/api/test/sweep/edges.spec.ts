import { Problem } from '@coditect/contracts/problem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestApp } from '../app.js';
import { type DocumentedOperation, documentedOperations } from './documented-operations.js';
import { callOperation, type SentRequest } from './route-call.js';
import type { CaseRequest } from './route-case.js';
import { routeCases } from './route-cases.js';

/** Texts in the form of a time. Not every program accepts all of them. */
const MOMENTS = [
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00+23:59',
  '0001-01-01T00:00:00-23:59',
  '9999-12-31T23:59:59+23:59',
  '9999-12-31T23:59:59-23:59',
  '2024-02-29T23:59:59.123456789+05:45',
  '2016-12-31T23:59:60Z',
];
/** Too deep for a recursive function. */
const NESTED = '['.repeat(20_000) + ']'.repeat(20_000);
const VALUES = ['"\\u0000"', '"\\ud800"', '""', 'null', '-1', '1e400', '{}', NESTED];

let api: TestApp;
let server: { baseUrl: string };
beforeAll(async () => {
  api = await TestApp.start();
  server = { baseUrl: await api.app.getUrl() };
});
afterAll(() => api.stop());

/** Yields requests with one value at an edge, and all others right. */
function* withAnEdge({ queryParams }: DocumentedOperation, request: CaseRequest): Generator<SentRequest> {
  for (const { name, schema } of queryParams)
    for (const moment of schema.format === 'date-time' ? MOMENTS : []) {
      const query = new URLSearchParams(request.query);
      query.set(name, moment);
      yield { ...request, query: `?${query.toString()}` };
    }
  const fields = Object.entries(request.body ?? {});
  for (const [field] of fields)
    for (const value of VALUES) {
      const others = fields.filter(([name]) => name !== field);
      const members = others.map(([name, other]) => `${JSON.stringify(name)}:${JSON.stringify(other)}`);
      yield { ...request, body: `{${[...members, `${JSON.stringify(field)}:${value}`].join()}}` };
    }
}

describe('given working requests, when one value is at the edge of its range', () => {
  it('then no operation answers 5xx, and every refusal is a problem', { timeout: 120_000 }, async () => {
    const { operations } = await documentedOperations(server);
    const broken: string[] = [];
    let sent = 0;
    for (const operation of operations) {
      const tenant = await api.factory.tenant();
      const request = await routeCases[operation.operationId]!({ api, tenant, caller: tenant.owner });
      for (const edge of withAnEdge(operation, request)) {
        const headers = { ...edge.headers, 'idempotency-key': `edge-${sent}` };
        const bearer = request.bearer ?? tenant.owner.accessToken;
        const { status, text } = await callOperation(server, operation, { ...edge, headers }, bearer);
        if (status >= 500 || (status >= 400 && !Problem.safeParse(JSON.parse(text)).success))
          broken.push(
            `${operation.operationId} ${edge.query ?? ''} ${JSON.stringify(edge.body)?.slice(0, 100)}: ${text}`,
          );
        sent += 1;
      }
    }
    expect(broken).toEqual([]);
    expect(sent).toBeGreaterThan(300);
  });
});
