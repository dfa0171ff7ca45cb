import { Problem } from '@coditect/contracts/problem';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestApp } from '../app.js';
import type { TestUser } from '../factory.js';
import { type DocumentedOperation, documentedOperations, type JsonSchema } from './documented-operations.js';
import { PROOF_MS, seedOf } from '../random.js';
import { type FuzzedRequest, Fuzzer } from './fuzz.js';

/** Requests to one operation in one round. */
const RUNS = 5;
/** The least number of rounds, even on a slow machine. */
const LEAST_ROUNDS = 3;
/** The most rounds of one test. Every operation is reached much sooner (see `silent`). */
const MOST_ROUNDS = 200;
/** Operations that could end the login or tenant of the caller. All later requests of that caller would be refused. */
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

/** How often each status was answered in all, and the statuses that each operation has answered to its caller. */
const answers = new Map<number, number>();
const seen = new Map<string, Set<number>>();

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

async function prove(fuzzer: Fuzzer, operation: DocumentedOperation, round: number): Promise<void> {
  const { operationId, method, path } = operation;
  const property = fc.asyncProperty(fuzzer.request(operation), fc.boolean(), async (request, signedIn) => {
    if (AFRESH.test(operationId)) caller = (await api.factory.tenant()).owner;
    const { response, text } = await send(operation, request, signedIn ? caller.accessToken : undefined);
    const { status } = response;
    if (signedIn) seen.set(operationId, (seen.get(operationId) ?? new Set()).add(status));
    answers.set(status, (answers.get(status) ?? 0) + 1);
    expect(status, `${method} ${path}: ${text}`).toBeLessThan(500);
    if (status < 400) return;
    expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(Problem.safeParse(JSON.parse(text)).error).toBeUndefined();
  });
  await fc.assert(property, { numRuns: RUNS, seed: seedOf(round) });
}

/** Whether an operation has not been reached yet: its caller has got nothing but 401. A list counts as reached once
 *  its caller has got the list or a validation error. */
function silent({ operationId, method, params, access }: DocumentedOperation): boolean {
  if (access === 'public' || access === 'session_token') return false;
  const statuses = seen.get(operationId) ?? new Set();
  return method === 'GET' && params.length === 0
    ? !statuses.has(200) && !statuses.has(422)
    : [...statuses].every((status) => status === 401);
}

describe('given requests made from and against the schemas', () => {
  it(
    'then no operation ever answers 5xx, and every refusal is a problem with a known shape',
    { timeout: PROOF_MS + 300_000 },
    async () => {
      const fuzzer = new Fuzzer(schemas);
      const end = Date.now() + PROOF_MS;
      let round = 0;
      for (; round < LEAST_ROUNDS || Date.now() < end; round += 1)
        for (const operation of operations) await prove(fuzzer, operation, round);
      // Operations that chance has left out get more requests.
      for (; round < MOST_ROUNDS && operations.some(silent); round += 1)
        for (const operation of operations.filter(silent)) await prove(fuzzer, operation, round);

      // Proof of coverage: validation is reached, and the signed-in caller passes authentication everywhere.
      expect(answers.get(422)).toBeGreaterThan(operations.length);
      expect(operations.filter(silent).map(({ operationId }) => operationId)).toEqual([]);
      expect(({} as Record<string, unknown>)['isAdmin']).toBeUndefined();
    },
  );
});
