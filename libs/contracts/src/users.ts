import { z } from 'zod';
import { displayName, Id, PageQuery, pageOf, SearchText, Timestamp, UserRole } from './common.js';
import { example } from './examples.js';
import { MAX_EMAIL_LENGTH, MAX_NAME_LENGTH, userStatuses } from './names.js';

/** An e-mail address. It is unique per tenant, and case does not matter. */
export const EmailAddress = z
  .email()
  .max(MAX_EMAIL_LENGTH)
  .transform((email) => email.toLowerCase());

/** The name of a person or an organization. */
export const DisplayName = displayName(MAX_NAME_LENGTH);
export const PersonName = DisplayName;

export const User = z
  .object({
    id: Id,
    email: z.string(),
    name: z.string(),
    role: UserRole,
    status: z.enum(userStatuses).meta({ description: 'removed: a tombstone that other rows still refer to' }),
    email_verified: z.boolean(),
    two_factor_enabled: z.boolean(),
    seats_held: z.int().meta({ description: 'How many seats the user holds now' }),
    last_login_at: Timestamp.nullable(),
    last_seen_at: Timestamp.nullable().meta({ description: 'When a login was last used. API keys do not count' }),
    version: z.int().meta({
      description:
        'Increases with every change of name, role, status, e-mail or second factor. The ETag is made from it',
    }),
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
  search: SearchText.optional().meta({ description: 'Part of the name or the e-mail. Case does not matter' }),
  role: UserRole.optional(),
  status: z
    .enum(userStatuses)
    .optional()
    .meta({ description: 'removed must be asked for explicitly, and needs user:remove' }),
  ordering: z
    .enum(['name', '-name', 'email', '-email', 'created_at', '-created_at', 'last_login_at', '-last_login_at'] as const)
    .default('-created_at')
    .meta({ description: 'Users who never signed in come last' }),
});
export type UserQuery = z.infer<typeof UserQuery>;

/** The fields of a user that an owner or admin may change. */
export const UpdateUserRequest = z
  .strictObject({ name: PersonName.optional(), role: UserRole.optional() })
  .meta({ id: 'UpdateUserRequest', examples: [{ role: 'admin' }, { name: 'Ada King' }] });
export type UpdateUserRequest = z.infer<typeof UpdateUserRequest>;

/** The fields that all users may change for themselves. */
export const UpdateProfileRequest = z
  .strictObject({ name: PersonName.optional() })
  .meta({ id: 'UpdateProfileRequest', examples: [{ name: 'Ada King' }] });
export type UpdateProfileRequest = z.infer<typeof UpdateProfileRequest>;
