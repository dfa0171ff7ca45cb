import { userRoles } from '@coditect/contracts/common';
import { isAllowed } from '../../src/platform/permissions.js';
import type { TestApp } from '../app.js';
import { idsIn } from '../drills/foreign-ids.js';
import type { Server } from '../drills/machine.js';
import type { TestTenant, TestUser } from '../factory.js';
import { type DocumentedOperation, documentedOperations, permissionOf } from './documented-operations.js';
import type { CaseRequest } from './route-case.js';
import { routeCases } from './route-cases.js';

/** One request of the sweep, with what the permission table says about it and what was answered. */
export interface Swept {
  what: string;
  expected: string;
  answered: string;
}

interface Answer {
  status: number;
  code: string | undefined;
  body: unknown;
}

/** Sends every documented operation as everybody, for own things and for another tenant's. */
export async function sweep(api: TestApp, server: Server): Promise<{ swept: Swept[]; leaks: string[] }> {
  const { operations } = await documentedOperations(server);
  const swept: Swept[] = [];
  const leaks: string[] = [];
  for (const operation of operations) {
    const make = routeCases[operation.operationId];
    if (!make) {
      swept.push({ what: operation.operationId, expected: 'a case in route-cases.ts', answered: 'none' });
      continue;
    }
    const send = (request: CaseRequest, bearer: string | undefined) => call(server, operation, request, bearer);
    const record = (who: string, expected: string, { status, code }: Answer) =>
      swept.push({ what: `${operation.operationId} as ${who}`, expected, answered: `${status} ${code ?? ''}`.trim() });
    const own = async (tenant: TestTenant, caller: TestUser) => make({ api, tenant, caller });
    const permission = permissionOf(operation);
    const theirs = await api.factory.tenant();
    const foreign = await own(theirs, theirs.owner);

    const ours = await api.factory.tenant();
    if (!permission) {
      const request = await own(ours, ours.owner);
      const answer = await send(request, request.bearer);
      record('somebody with its credential', success(operation, request, answer), answer);
      continue;
    }
    record('nobody', '401 unauthenticated', await send(await own(ours, ours.owner), undefined));
    const another = await api.factory.tenant();
    for (const role of userRoles) {
      const tenant = await api.factory.tenant();
      const request = await own(tenant, isAllowed(role, permission) ? tenant[role] : tenant.owner);
      const answer = await send(request, tenant[role].accessToken);
      const allowed = isAllowed(role, permission);
      record(role, allowed ? success(operation, request, answer) : '403 forbidden', answer);
      const known = new Set([theirs.id, theirs.owner.id, theirs.member.id, theirs.license.id]);
      leaks.push(...idsIn(answer.body ?? {}).filter((id) => known.has(id)));
    }
    const scopeless = await send(await own(another, another.owner), await api.factory.apiKey(another.owner, []));
    if (permission === 'self:read') record('API key without scope', success(operation, {}, scopeless), scopeless);
    else record('API key without scope', '403 forbidden', scopeless);
    if (operation.params.length > 0 && !foreign.ofNoTenant) {
      const answer = await send(foreign, ours.owner.accessToken);
      record("another tenant's owner", '404', { ...answer, code: undefined });
    }
  }
  const known = new Set(operations.map(({ operationId }) => operationId));
  for (const name of Object.keys(routeCases))
    if (!known.has(name)) swept.push({ what: name, expected: 'an operation', answered: 'none' });
  return { swept, leaks };
}

/** The expected answer when it works: whichever of the documented ones it was, or the one that the case names. */
function success(operation: DocumentedOperation, request: CaseRequest, { status }: Answer): string {
  if (request.answers) return request.answers;
  return operation.success.includes(status) ? String(status) : operation.success.join(' or ');
}

async function call(
  server: Server,
  operation: DocumentedOperation,
  { params = {}, query = '', body, headers }: CaseRequest,
  bearer: string | undefined,
): Promise<Answer> {
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
  const response = await fetch(`${server.baseUrl}${path}${query}`, {
    method: operation.method,
    redirect: 'manual',
    headers: {
      ...headers,
      ...(body ? { 'content-type': 'application/json' } : {}),
      ...(bearer ? { authorization: `Bearer ${bearer}` } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  if (response.headers.get('content-type') === 'text/event-stream') {
    await response.body!.cancel(); // it has no end
    return { status: response.status, code: undefined, body: undefined };
  }
  const text = await response.text();
  const json = response.headers.get('content-type')?.includes('json') === true;
  const parsed = json && !text.includes('\n{') ? (JSON.parse(text) as { code?: string }) : {};
  return { status: response.status, code: response.status >= 400 ? parsed.code : undefined, body: parsed };
}
