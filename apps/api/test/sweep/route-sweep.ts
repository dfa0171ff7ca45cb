import { apiKeyScopes, userRoles } from '@coditect/contracts/names';
import { expect } from 'vitest';
import { isAllowed } from '#platform/access/permissions';
import type { TestApp } from '../app.js';
import { idsIn } from '../drills/foreign-ids.js';
import type { Server } from '../drills/machine.js';
import type { TestTenant, TestUser } from '../factory.js';
import { type DocumentedOperation, documentedOperations, permissionOf } from './documented-operations.js';
import { expectedAccess } from './expected-access.js';
import { type Answer, callOperation } from './route-call.js';
import type { CaseRequest } from './route-case.js';
import { routeCases } from './route-cases.js';
import { stateReader, untoldChanges } from './tenant-state.js';

/** One request of the sweep, with the expected and the actual response. */
export interface Swept {
  what: string;
  expected: string;
  answered: string;
}

/** The result of a sweep: every request, ids of another tenant in a response, and changes without an audit entry. */
export interface Sweep {
  swept: Swept[];
  leaks: string[];
  untold: string[];
}

/** Sends every documented operation as every caller, for own objects and for those of another tenant. */
export async function sweep(api: TestApp, server: Server): Promise<Sweep> {
  const { operations } = await documentedOperations(server);
  const swept: Swept[] = [];
  const leaks: string[] = [];
  const untold: string[] = [];
  const stateOf = await stateReader(api);
  const theirs = await furnished(api);
  const theirIds = await everyIdOf(api, theirs);
  for (const operation of operations) {
    const make = routeCases[operation.operationId];
    if (!make) {
      swept.push({ what: operation.operationId, expected: 'a case in route-cases.ts', answered: 'none' });
      continue;
    }
    const send = (request: CaseRequest, bearer: string | undefined) =>
      callOperation(server, operation, request, bearer);
    const record = (who: string, expected: string, { status, code }: Answer) =>
      swept.push({ what: `${operation.operationId} as ${who}`, expected, answered: `${status} ${code ?? ''}`.trim() });
    const own = async (tenant: TestTenant, caller: TestUser) => make({ api, tenant, caller });
    const stated = expectedAccess.get(operation.operationId) ?? 'a line in expected-access.ts';
    swept.push({ what: `${operation.operationId} needs`, expected: stated, answered: operation.access });
    const permission = permissionOf({ access: expectedAccess.get(operation.operationId) ?? operation.access });

    const ours = await api.factory.tenant();
    if (!permission) {
      const request = await own(ours, ours.owner);
      const before = await stateOf(ours);
      const answer = await send(request, request.bearer);
      untold.push(...untoldChanges(operation, before, await stateOf(ours)));
      record('a holder of the credential', success(operation, request, answer), answer);
      continue;
    }
    record('an anonymous caller', '401 unauthenticated', await send(await own(ours, ours.owner), undefined));
    const another = await api.factory.tenant();
    for (const role of userRoles) {
      const tenant = await api.factory.tenant();
      const request = await own(tenant, isAllowed(role, permission) ? tenant[role] : tenant.owner);
      const before = role === 'owner' ? await stateOf(tenant) : undefined;
      const answer = await send(request, tenant[role].accessToken);
      const allowed = isAllowed(role, permission);
      if (before) untold.push(...untoldChanges(operation, before, await stateOf(tenant)));
      record(role, allowed ? success(operation, request, answer) : '403 forbidden', answer);
      for (const id of idsIn(answer.text)) if (theirIds.has(id)) leaks.push(`${operation.operationId}: ${id}`);
    }
    const scopeless = await send(await own(another, another.owner), await api.factory.apiKey(another.owner, []));
    if (permission === 'self:read') record('API key without scope', success(operation, {}, scopeless), scopeless);
    else record('API key without scope', '403 forbidden', scopeless);
    if (operation.params.length > 0 && !(await own(another, another.admin)).ofNoTenant) {
      const stranger = await api.factory.tenant();
      const request = await own(stranger, stranger.owner);
      const before = await stateOf(stranger);
      const foreign = async (who: string, expected: string, bearer?: string) =>
        record(`${who} of another tenant`, expected, await send(request, bearer));
      await foreign('an anonymous caller', '401 unauthenticated');
      for (const role of userRoles)
        await foreign(role, isAllowed(role, permission) ? '404' : '403 forbidden', ours[role].accessToken);
      await foreign('API key without scope', '403 forbidden', await api.factory.apiKey(ours.owner, []));
      await foreign(
        'API key with all scopes',
        apiKeyScopes.some((scope) => scope === permission) ? '404' : '403 forbidden',
        await api.factory.apiKey(ours.owner, apiKeyScopes),
      );
      expect([operation.operationId, await stateOf(stranger)]).toEqual([operation.operationId, before]);
    }
  }
  const known = new Set(operations.map(({ operationId }) => operationId));
  for (const name of Object.keys(routeCases))
    if (!known.has(name)) swept.push({ what: name, expected: 'an operation', answered: 'none' });
  return { swept, leaks, untold };
}

/** Makes a tenant with one object of every case, so that a leaking list has something to leak. */
async function furnished(api: TestApp): Promise<TestTenant> {
  const tenant = await api.factory.tenant({ seatsTotal: 100 });
  for (const [name, make] of Object.entries(routeCases))
    if (name !== 'tenants_reopen') await make({ api, tenant, caller: await api.factory.user(tenant.id, 'admin') });
  return tenant;
}

/** Returns the ids of all rows of a tenant, in every table. */
async function everyIdOf(api: TestApp, { id: tenantId }: TestTenant): Promise<Set<string>> {
  const { rows: tables } = await api.db.systemQuery<{ name: string }>(
    `SELECT c.table_name AS name FROM information_schema.columns c JOIN information_schema.columns t USING (table_schema, table_name)
     WHERE c.table_schema = 'public' AND c.column_name = 'id' AND t.column_name = 'tenant_id' AND c.table_name !~ '^audit_logs_'`,
  );
  const ids = new Set([tenantId]);
  for (const { name } of tables) {
    const { rows } = await api.db.systemQuery<{ id: string }>(`SELECT id FROM "${name}" WHERE tenant_id = $1`, [
      tenantId,
    ]);
    for (const { id } of rows) ids.add(id);
  }
  return ids;
}

/** Returns the expected response on success: any documented one, or the one that the case names. */
function success(operation: DocumentedOperation, request: CaseRequest, { status }: Answer): string {
  if (request.answers) return request.answers;
  return operation.success.includes(status) ? String(status) : operation.success.join(' or ');
}
