import { z } from 'zod';
import { displayName, Id, PageQuery, pageOf, SearchText, Timestamp, UserRole } from './common.js';
import { example } from './examples.js';

export const userStatuses = ['active', 'disabled', 'removed'] as const;

/** An e-mail address to reach somebody by. Case makes no other address (design section 4: unique per tenant). */
export const EmailAddress = z
  .email()
  .max(254)
  .transform((email) => email.toLowerCase());

/** What a person or an organization is called. */
export const DisplayName = displayName(200);
export const PersonName = DisplayName;

export const User = z
  .object({
    id: Id,
    email: z.string(),
    name: z.string(),
    role: UserRole,
    status: z
      .enum(userStatuses)
      .meta({ description: 'removed: a tombstone, so that what refers to the user stays true' }),
    email_verified: z.boolean(),
    two_factor_enabled: z.boolean(),
    seats_held: z.int().meta({ description: 'License sessions that hold a seat now' }),
    last_login_at: Timestamp.nullable(),
    last_seen_at: Timestamp.nullable().meta({ description: 'When a login was last used; not that of API keys' }),
    version: z
      .int()
      .meta({ description: 'Grows with every change of name, role, status, e-mail or second factor; the ETag' }),
    created_at: Timestamp,
  })
  .meta({
    id: 'User',
    examples: [
      {
        id: example.userId,
        email: example.email,
        name: 'Ada Lovelace',
        role: 'member',
        status: 'active',
        email_verified: true,
        two_factor_enabled: false,
        seats_held: 1,
        last_login_at: example.now,
        last_seen_at: example.now,
        version: 3,
        created_at: example.then,
      },
    ],
  });
export type User = z.infer<typeof User>;

export const UserPage = pageOf(User, 'UserPage');
export const UserQuery = PageQuery.extend({
  search: SearchText.optional().meta({ description: 'Part of the name or the e-mail, in any case' }),
  role: UserRole.optional(),
  status: z
    .enum(userStatuses)
    .optional()
    .meta({ description: 'Removed users are listed only when asked for, and only to who may remove users' }),
  ordering: z
    .enum([
      ...['name', '-name', 'email', '-email'],
      ...['created_at', '-created_at', 'last_login_at', '-last_login_at'],
    ] as const)
    .default('-created_at')
    .meta({ description: 'Who has never signed in comes last' }),
});
export type UserQuery = z.infer<typeof UserQuery>;

/** What a manager changes of a user. */
export const UpdateUserRequest = z
  .strictObject({ name: PersonName.optional(), role: UserRole.optional() })
  .meta({ id: 'UpdateUserRequest', examples: [{ role: 'admin' }, { name: 'Ada King' }] });
export type UpdateUserRequest = z.infer<typeof UpdateUserRequest>;

/** What everybody may change of themselves. */
export const UpdateProfileRequest = z
  .strictObject({ name: PersonName.optional() })
  .meta({ id: 'UpdateProfileRequest', examples: [{ name: 'Ada King' }] });
export type UpdateProfileRequest = z.infer<typeof UpdateProfileRequest>;
