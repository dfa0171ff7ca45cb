import { z } from 'zod';
import { Id, Timestamp, UserRole } from './common.js';

export const userStatuses = ['active', 'disabled', 'removed'] as const;

export const User = z
  .object({
    id: Id,
    email: z.string(),
    name: z.string(),
    role: UserRole,
    status: z.enum(userStatuses),
    last_login_at: Timestamp.nullable(),
    created_at: Timestamp,
  })
  .meta({ id: 'User' });
export type User = z.infer<typeof User>;
