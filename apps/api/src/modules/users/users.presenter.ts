import type { User as UserMessage } from '@coditect/contracts/users';
import type { PresentUser } from './user-presence.js';

export function presentUser(user: PresentUser): UserMessage {
  return {
    id: user.id,
    email: user.email,
    name: user.name,
    role: user.role,
    status: user.status,
    email_verified: user.emailVerifiedAt !== null,
    two_factor_enabled: user.totpEnabledAt !== null,
    seats_held: user.seatsHeld,
    last_login_at: user.lastLoginAt?.toISOString() ?? null,
    last_seen_at: user.lastSeenAt?.toISOString() ?? null,
    version: user.version,
    created_at: user.createdAt.toISOString(),
  };
}
