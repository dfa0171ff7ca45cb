import { Problem } from '@coditect/contracts/problem';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestApp } from '../app.js';
import type { TestUser } from '../factory.js';
import { type DocumentedOperation, documentedOperations, type JsonSchema } from './documented-operations.js';
import { type FuzzedRequest, Fuzzer } from './fuzz.js';

const RUNS = Number(process.env.FUZZ_RUNS ?? 25);
/** These would end the caller's login or tenant, and make all later requests useless. */
const AFRESH = /^(logins_|tenants_|users_|passwords_)/;

let api: TestApp;
let baseUrl: string;
let operations: DocumentedOperation[];
let schemas: Record<string, JsonSchema>;
let caller: TestUser;
beforeAll(async () => {
  api = await TestApp.start();
  baseUrl = await api.app.getUrl();
  ({ operations, schemas } = await documentedOperations({ baseUrl }));
  caller = (await api.factory.tenant()).owner;
});
afterAll(() => api.stop());

async function send({ method, path }: DocumentedOperation, request: FuzzedRequest, bearer: string | undefined) {
  const where = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => request.params[name] ?? '');
  const body = method === 'GET' ? undefined : request.body;
  const response = await fetch(`${baseUrl}${where}?${request.query}`, {
    method,
    redirect: 'manual',
    headers: {
      ...request.headers,
      ...(body === undefined ? {} : { 'content-type': request.contentType }),
      ...(bearer ? { authorization: `Bearer ${bearer}` } : {}),
    },
    ...(body === undefined ? {} : { body }),
  });
  if (response.headers.get('content-type') === 'text/event-stream') {
    await response.body!.cancel(); // an endless stream
    return { response, text: '' };
  }
  return { response, text: await response.text() };
}

describe('given requests made from and against the schemas', () => {
  it(
    'then no operation ever answers 5xx, and every refusal is a problem with a known shape',
    { timeout: 300_000 },
    async () => {
      const fuzzer = new Fuzzer(schemas);
      const answers = new Map<number, number>();
      const seen = new Map(operations.map(({ operationId }) => [operationId, new Set<number>()]));
      for (const operation of operations) {
        await fc.assert(
          fc.asyncProperty(fuzzer.request(operation), fc.boolean(), async (request, signedIn) => {
            if (AFRESH.test(operation.operationId)) caller = (await api.factory.tenant()).owner;
            const { response, text } = await send(operation, request, signedIn ? caller.accessToken : undefined);
            const { status } = response;
            if (signedIn) seen.get(operation.operationId)!.add(status);
            answers.set(status, (answers.get(status) ?? 0) + 1);
            expect(status, `${operation.method} ${operation.path}: ${text}`).toBeLessThan(500);
            if (status < 400) return;
            expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
            expect(Problem.safeParse(JSON.parse(text)).error).toBeUndefined();
          }),
          { numRuns: RUNS, seed: 20_261_122 },
        );
      }
      // Proof of coverage: both sides of validation are reached.
      expect(answers.get(422)).toBeGreaterThan(operations.length);
      // Proof that the caller passes authentication: every list succeeds, and every other operation gives more than
      // 401.
      const silent = operations.filter(({ operationId, method, params, access }) => {
        const statuses = seen.get(operationId)!;
        if (access === 'public' || access === 'session_token') return false;
        return method === 'GET' && params.length === 0
          ? !statuses.has(200) && !statuses.has(422)
          : [...statuses].every((status) => status === 401);
      });
      expect(silent.map(({ operationId }) => operationId)).toEqual([]);
      expect(({} as Record<string, unknown>)['isAdmin']).toBeUndefined();
    },
  );
});
