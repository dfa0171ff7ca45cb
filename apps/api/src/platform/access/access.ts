import { SetMetadata } from '@nestjs/common';
import type { Permission } from './permissions.js';

/** Who may call a route. Every route states exactly one of these; one that states none does not boot. */
export type Access =
  | { kind: 'public'; reason: string; budget: PublicBudget }
  | { kind: 'permission'; permission: Permission; freshness: Freshness }
  /** The session token in the body is the credential. A bearer token, if sent too, is checked and narrows it further. */
  | { kind: 'session_token' };

/** How old the answer may be whether a login still stands: asked now, or within the last seconds, for the hot path. */
export type Freshness = 'fresh' | 'cached';

/** What a call of a public route counts on: the few calls of somebody unknown, the more of a client that keeps itself
 *  signed in, or nothing. */
export type PublicBudget = 'anonymous' | 'renewal' | 'unlimited';

export const ACCESS = 'access';

export const Public = (reason: string, budget: PublicBudget = 'anonymous') =>
  SetMetadata(ACCESS, { kind: 'public', reason, budget } satisfies Access);
export const RequirePermission = (permission: Permission, freshness: Freshness = 'fresh') =>
  SetMetadata(ACCESS, { kind: 'permission', permission, freshness } satisfies Access);
export const BySessionToken = () => SetMetadata(ACCESS, { kind: 'session_token' } satisfies Access);
