import type { UserRole } from '@coditect/contracts/common';

const everyone: readonly UserRole[] = ['owner', 'admin', 'member', 'viewer'];
const managers: readonly UserRole[] = ['owner', 'admin'];

/** Which role may do what. The one table: guards read it, `auth/me` shows it, documentation prints it. */
export const permissions = {
  'self:read': everyone,
  'license:read': everyone,
  'license_session:acquire': ['owner', 'admin', 'member'],
  'license_session:read': everyone,
  /** Without it only one's own license sessions are seen. */
  'license_session:read_all': ['owner', 'admin', 'viewer'],
  /** Keeping alive and releasing one's own. */
  'license_session:hold': ['owner', 'admin', 'member'],
  /** Ending somebody else's. */
  'license_session:end_any': managers,
  'user:read': ['owner', 'admin', 'viewer'],
  'user:disable': managers,
} as const satisfies Record<string, readonly UserRole[]>;

export type Permission = keyof typeof permissions;

export function isAllowed(role: UserRole | undefined, permission: Permission): boolean {
  return role !== undefined && (permissions[permission] as readonly UserRole[]).includes(role);
}

/** All that a role may do, in the order of the table. */
export function permissionsOf(role: UserRole): Permission[] {
  return (Object.keys(permissions) as Permission[]).filter((permission) => isAllowed(role, permission));
}
