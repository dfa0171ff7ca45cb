import { SetMetadata } from '@nestjs/common';
import type { Permission } from '@coditect/contracts/names';

/** The access rule of a route. Every route states exactly one; the application does not boot otherwise. */
export type Access =
  | { kind: 'public'; reason: string; budget: PublicBudget }
  | { kind: 'permission'; permission: Permission; freshness: Freshness }
  /** The session token in the body is the credential. An additional bearer token is verified and narrows the access
   *  further. */
  | { kind: 'session_token' };

/** How a login's status is read: 'fresh' from Postgres, or 'cached' for up to five seconds, on the hot path. */
export type Freshness = 'fresh' | 'cached';

/** The budget for calls of a public route: small for anonymous callers, larger for clients that renew their login,
 *  or none. */
export type PublicBudget = 'anonymous' | 'renewal' | 'unlimited';

export const ACCESS = 'access';

export const Public = (reason: string, budget: PublicBudget = 'anonymous') =>
  SetMetadata(ACCESS, { kind: 'public', reason, budget } satisfies Access);
export const RequirePermission = (permission: Permission, freshness: Freshness = 'fresh') =>
  SetMetadata(ACCESS, { kind: 'permission', permission, freshness } satisfies Access);
export const BySessionToken = () => SetMetadata(ACCESS, { kind: 'session_token' } satisfies Access);
