import { AsyncLocalStorage } from 'node:async_hooks';
import { tenantStore, type TenantContext } from '@coditect/db/tenant-context';
import type { TenantStatus } from '@coditect/db/generated/prisma/client';
import type { UserRole } from '@coditect/contracts/common';
import { ProblemError } from './problems/problem.js';

/** The author of an action, as audit entries name it, and its rights. */
export interface Actor {
  type: 'user' | 'api_key' | 'staff' | 'system';
  /** Id of the user, the API key or the staff user. */
  id?: string;
  /** The user in whose name the action runs: the user itself, or the owner of the API key. */
  userId?: string;
  role?: UserRole;
  /** The scopes of an API key. They narrow what the role of its user allows. */
  scopes?: readonly string[];
  /** The login of a user, `sid` of its access token. */
  loginId?: string;
  /** True if the tenant requires a second factor and the user has none. Only the user's own account is open then. */
  secondFactorMissing?: boolean;
}

/** What is known about the running request or job. Extends the tenant context of libs/db. */
export interface RequestContext extends TenantContext {
  requestId: string;
  actor?: Actor;
  ip?: string;
  userAgent?: string;
  /** Status of the caller's tenant. A tenant that is not active cannot be changed. */
  tenantStatus?: TenantStatus;
  /** The versions named by `If-Match`. A change applies only if the current version is one of them. */
  ifMatch?: readonly number[] | undefined;
  /** Details for log lines. Contexts derived from this one share the object. */
  logContext?: LogContext;
}

/** Log details found while the request runs. Tenant and user are here for routes that learn them late. */
export interface LogContext {
  tenantId?: string;
  userId?: string | undefined;
  machineId?: string;
  sessionId?: string;
}

/** The store that the tenant pool reads, typed as a whole request context. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only this module's importers open it
export const requestStore = tenantStore as AsyncLocalStorage<RequestContext>;

/** Returns the context of the running request or job.
 *  @throws Error outside of one */
export function currentRequest(): RequestContext {
  const context = requestStore.getStore();
  if (!context) throw new Error('no request context');
  return context;
}

/** Returns the tenant of the running request.
 *  @throws Error when the caller is not authenticated */
export function currentTenant(): string {
  const { tenantId } = currentRequest();
  if (!tenantId) throw new Error('no tenant in the request context');
  return tenantId;
}

/** Returns the user in whose name the request runs: the one signed in, or the owner of the API key.
 *  @throws ProblemError unauthenticated */
export function currentUserId(): string {
  const userId = currentRequest().actor?.userId;
  if (!userId) throw new ProblemError('unauthenticated');
  return userId;
}

/** Continues the same request as another tenant. A session token names its tenant, without a login. */
export function withTenant<T>(tenantId: string, actor: Actor, work: () => Promise<T>): Promise<T> {
  addToLogContext({ tenantId, userId: actor.userId });
  return requestStore.run({ ...currentRequest(), tenantId, actor }, work);
}

/** Adds details to every later log line of this request. */
export function addToLogContext(details: LogContext): void {
  Object.assign(currentRequest().logContext ?? {}, details);
}
