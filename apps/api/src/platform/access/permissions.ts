import type { UserRole } from '@coditect/contracts/common';
import { keysOf } from '../keys-of.js';
import type { Actor } from '../request-context.js';

const everyone: readonly UserRole[] = ['owner', 'admin', 'member', 'viewer'];
const seatHolders: readonly UserRole[] = ['owner', 'admin', 'member'];
const managers: readonly UserRole[] = ['owner', 'admin'];
const owners: readonly UserRole[] = ['owner'];

/** The permissions of each role. Guards read this table, `auth/me` returns it, and the documentation prints it. */
export const permissions = {
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
} as const satisfies Record<string, readonly UserRole[]>;

export type Permission = keyof typeof permissions;

/** Permissions that no API key can have. Only a person who signed in may change an account or make keys. */
const personal: readonly Permission[] = [
  'self:update',
  'api_key:manage',
  'api_key:manage_any',
  'user:reset_two_factor',
  'user:erase',
  'tenant:export',
  'tenant:delete',
];

/** The scopes that an API key can have, in the order of the table. */
export const scopes = keysOf(permissions).filter((name) => !personal.includes(name));

export function isAllowed(role: UserRole | undefined, permission: Permission): boolean {
  return role !== undefined && (permissions[permission] as readonly UserRole[]).includes(role);
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

/** Returns all permissions of the caller, in the order of the table. */
export function permissionsOf(actor: Actor | undefined): Permission[] {
  return keysOf(permissions).filter((permission) => mayDo(actor, permission));
}
