import type { UserRole } from '@coditect/contracts/common';
import { type Permission, permissions } from '@coditect/contracts/names';
import type { Actor } from '../request-context.js';

const everyone: readonly UserRole[] = ['owner', 'admin', 'member', 'viewer'];
const seatHolders: readonly UserRole[] = ['owner', 'admin', 'member'];
const managers: readonly UserRole[] = ['owner', 'admin'];
const owners: readonly UserRole[] = ['owner'];

/** The roles that have each permission. Guards read this table, `auth/me` returns it, and the documentation prints it. */
export const rolesOf: Readonly<Record<Permission, readonly UserRole[]>> = {
  'self:read': everyone,
  /** The caller's own name, e-mail address, password, second factor, linked identities and logins. */
  'self:update': everyone,
  'license:read': everyone,
  'license_session:acquire': seatHolders,
  'license_session:read': everyone,
  /** Without it, a list shows only the caller's own license sessions. */
  'license_session:read_all': ['owner', 'admin', 'viewer'],
  /** Heartbeat and release of the caller's own license sessions. */
  'license_session:hold': seatHolders,
  /** Ends license sessions of other users. */
  'license_session:end_any': managers,
  /** Without user:read_all, only the caller itself is visible. */
  'user:read': everyone,
  'user:read_all': ['owner', 'admin', 'viewer'],
  'user:invite': managers,
  'user:update': managers,
  'user:disable': managers,
  /** Removes the second factor of a user who has lost it. */
  'user:reset_two_factor': managers,
  'user:remove': managers,
  /** Erases a person's data for good, audit entries included. */
  'user:erase': owners,
  'tenant:read': everyone,
  'tenant:update': managers,
  'tenant:export': owners,
  'tenant:delete': owners,
  'project:read': everyone,
  'project:create': seatHolders,
  /** Changes, archives and restores the caller's own projects. */
  'project:update': seatHolders,
  /** The same for projects of other users; deletes projects for good, and changes their owner. */
  'project:manage': managers,
  'analytics:read': ['owner', 'admin', 'viewer'],
  'audit:read': managers,
  'audit:export': managers,
  /** Webhook endpoints, their secrets, and their deliveries. */
  'webhook:manage': managers,
  'event:read': managers,
  /** The caller's own API keys. */
  'api_key:manage': seatHolders,
  /** Lists and revokes the API keys of all users. */
  'api_key:manage_any': managers,
};

export function isAllowed(role: UserRole | undefined, permission: Permission): boolean {
  return role !== undefined && rolesOf[permission].includes(role);
}

/** Whether the caller must first set up the second factor that its tenant requires. Its own account is exempt. */
export function needsSecondFactor(actor: Actor | undefined, permission: Permission): boolean {
  return actor?.secondFactorMissing === true && !permission.startsWith('self:');
}

/** Whether the caller's role includes the permission and, for an API key, its scopes do. Every key may read its own
 *  identity. */
export function mayDo(actor: Actor | undefined, permission: Permission): boolean {
  if (!isAllowed(actor?.role, permission) || needsSecondFactor(actor, permission)) return false;
  return actor?.scopes === undefined || permission === 'self:read' || actor.scopes.includes(permission);
}

/** Returns all permissions of the caller, in the order of the list. */
export function permissionsOf(actor: Actor | undefined): Permission[] {
  return permissions.filter((permission) => mayDo(actor, permission));
}
