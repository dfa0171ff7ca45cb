import { AsyncLocalStorage } from 'node:async_hooks';
import { tenantStore, type TenantContext } from '@coditect/db/tenant-context';
import type { TenantStatus } from '@coditect/db/generated/prisma/client';
import type { UserRole } from '@coditect/contracts/common';
import { ProblemError } from './problems/problem.js';

/** Who did it, as audit entries name it, and what it may do. */
export interface Actor {
  type: 'user' | 'api_key' | 'staff' | 'system';
  /** Of the user, the API key or the staff user. */
  id?: string;
  /** On whose behalf: the user itself, or the one that the API key belongs to. */
  userId?: string;
  role?: UserRole;
  /** What an API key is limited to, within what its user's role allows. */
  scopes?: readonly string[];
  /** The login of a user, `sid` of its access token. */
  loginId?: string;
  /** The tenant requires a second factor that the user does not have: nothing but its own account is open to it. */
  secondFactorMissing?: boolean;
}

/** What is known about the running request or job. It is the tenant context of libs/db with more in it. */
export interface RequestContext extends TenantContext {
  requestId: string;
  actor?: Actor;
  ip?: string;
  userAgent?: string;
  /** Of the tenant of whoever calls: one that is not active does not change. */
  tenantStatus?: TenantStatus;
  /** The versions that `If-Match` names: a change is meant for one of them only. */
  ifMatch?: readonly number[] | undefined;
  /** What the request turned out to be about; the contexts made from this one share it. */
  logContext?: LogContext;
}

/** What log lines tell besides tenant and user, and both of them where they became known on the way. */
export interface LogContext {
  tenantId?: string;
  userId?: string | undefined;
  machineId?: string;
  sessionId?: string;
}

/** The same store that the tenant pool reads, opened with a whole request context. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only this module's importers open it
export const requestStore = tenantStore as AsyncLocalStorage<RequestContext>;

/** The context of the running request or job.
 *  @throws Error outside of one */
export function currentRequest(): RequestContext {
  const context = requestStore.getStore();
  if (!context) throw new Error('no request context');
  return context;
}

/** The tenant of the running request.
 *  @throws Error when nobody has been authenticated */
export function currentTenant(): string {
  const { tenantId } = currentRequest();
  if (!tenantId) throw new Error('no tenant in the request context');
  return tenantId;
}

/** The user in whose name the request runs: the one signed in, or the one that the API key belongs to.
 *  @throws ProblemError unauthenticated */
export function currentUserId(): string {
  const userId = currentRequest().actor?.userId;
  if (!userId) throw new ProblemError('unauthenticated');
  return userId;
}

/** Goes on as another tenant within the same request: a session token names its tenant by itself. */
export function withTenant<T>(tenantId: string, actor: Actor, work: () => Promise<T>): Promise<T> {
  addToLogContext({ tenantId, userId: actor.userId });
  return requestStore.run({ ...currentRequest(), tenantId, actor }, work);
}

/** Tells the log lines of this request what it is about. */
export function addToLogContext(details: LogContext): void {
  Object.assign(currentRequest().logContext ?? {}, details);
}
