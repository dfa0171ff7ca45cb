import type { UserRole } from '@coditect/contracts/common';
import { keysOf } from '../keys-of.js';
import type { Actor } from '../request-context.js';

const everyone: readonly UserRole[] = ['owner', 'admin', 'member', 'viewer'];
const seatHolders: readonly UserRole[] = ['owner', 'admin', 'member'];
const managers: readonly UserRole[] = ['owner', 'admin'];
const owners: readonly UserRole[] = ['owner'];

/** Which role may do what. The one table: guards read it, `auth/me` shows it, documentation prints it. */
export const permissions = {
  'self:read': everyone,
  /** One's own name, e-mail address, password, second factor, linked identities and logins. */
  'self:update': everyone,
  'license:read': everyone,
  'license_session:acquire': seatHolders,
  'license_session:read': everyone,
  /** Without it only one's own license sessions are seen. */
  'license_session:read_all': ['owner', 'admin', 'viewer'],
  /** Keeping alive and releasing one's own. */
  'license_session:hold': seatHolders,
  /** Ending somebody else's. */
  'license_session:end_any': managers,
  /** Without user:read_all only oneself is seen. */
  'user:read': everyone,
  'user:read_all': ['owner', 'admin', 'viewer'],
  'user:invite': managers,
  'user:update': managers,
  'user:disable': managers,
  /** Taking the second factor off a colleague who has lost it. */
  'user:reset_two_factor': managers,
  'user:remove': managers,
  /** Erasing a person's data for good, audit entries included. */
  'user:erase': owners,
  'tenant:read': everyone,
  'tenant:update': managers,
  'tenant:export': owners,
  'tenant:delete': owners,
  'project:read': everyone,
  'project:create': seatHolders,
  /** Changing, archiving and restoring one's own. */
  'project:update': seatHolders,
  /** The same for somebody else's, deleting for good, and giving a project to another owner. */
  'project:manage': managers,
  'analytics:read': ['owner', 'admin', 'viewer'],
  'audit:read': managers,
  'audit:export': managers,
  /** Endpoints that are told what happens, their secrets, and what was delivered. */
  'webhook:manage': managers,
  'event:read': managers,
  /** One's own API keys. */
  'api_key:manage': seatHolders,
  /** Seeing and revoking everybody's. */
  'api_key:manage_any': managers,
} as const satisfies Record<string, readonly UserRole[]>;

export type Permission = keyof typeof permissions;

/** What no API key can be given: an account is changed, and keys are made, by a person who signed in. */
const personal: readonly Permission[] = [
  'self:update',
  'api_key:manage',
  'api_key:manage_any',
  'user:reset_two_factor',
  'user:erase',
  'tenant:export',
  'tenant:delete',
];

/** What an API key can be limited to, in the order of the table. */
export const scopes = keysOf(permissions).filter((name) => !personal.includes(name));

export function isAllowed(role: UserRole | undefined, permission: Permission): boolean {
  return role !== undefined && (permissions[permission] as readonly UserRole[]).includes(role);
}

/** Whether it waits until the caller has the second factor that its tenant requires: everything but one's own account. */
export function needsSecondFactor(actor: Actor | undefined, permission: Permission): boolean {
  return actor?.secondFactorMissing === true && !permission.startsWith('self:');
}

/** Whether the caller's role includes it and, for an API key, its scopes do. Every key may ask who it is. */
export function mayDo(actor: Actor | undefined, permission: Permission): boolean {
  if (!isAllowed(actor?.role, permission) || needsSecondFactor(actor, permission)) return false;
  return actor?.scopes === undefined || permission === 'self:read' || actor.scopes.includes(permission);
}

/** All that the caller may do, in the order of the table. */
export function permissionsOf(actor: Actor | undefined): Permission[] {
  return keysOf(permissions).filter((permission) => mayDo(actor, permission));
}
