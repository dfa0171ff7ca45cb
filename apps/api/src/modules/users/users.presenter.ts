import type { User as UserMessage } from '@coditect/contracts/users';
import type { User } from '@coditect/db/generated/prisma/client';

export function presentUser(user: User): UserMessage {
  return {
    id: user.id,
    email: user.email,
    name: user.name,
    role: user.role,
    status: user.status,
    last_login_at: user.lastLoginAt?.toISOString() ?? null,
    created_at: user.createdAt.toISOString(),
  };
}
