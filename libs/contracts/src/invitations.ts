import { z } from 'zod';
import { TokenDelivery } from './auth.js';
import { Id, PageQuery, pageOf, SearchText, Timestamp, UserRole } from './common.js';
import { example } from './examples.js';
import { invitationStatuses, MAX_INVITATIONS_AT_ONCE } from './names.js';
import { NewPassword } from './passwords.js';
import { EmailAddress, PersonName } from './users.js';

const Invitee = z.strictObject({ email: EmailAddress, role: UserRole });
export type Invitee = z.infer<typeof Invitee>;

/** One invitation, or several of which all or none are sent. Both forms are read as a list. */
export const InviteRequest = z
  .strictObject({
    ...Invitee.partial().shape,
    invitations: z
      .array(Invitee)
      .min(1)
      .max(MAX_INVITATIONS_AT_ONCE)
      .refine((list) => new Set(list.map(({ email }) => email)).size === list.length, 'must name each e-mail once')
      .optional(),
  })
  .superRefine(({ invitations, ...one }, context) => {
    for (const field of ['email', 'role'] as const) {
      if (invitations && one[field] !== undefined)
        context.addIssue({ code: 'custom', path: [field], message: 'give either this or invitations' });
      if (!invitations && one[field] === undefined)
        context.addIssue({ code: 'custom', path: [field], message: 'is required unless invitations is given' });
    }
  })
  .transform(({ email, role, invitations }): Invitee[] => invitations ?? (email && role ? [{ email, role }] : []))
  .meta({
    id: 'InviteRequest',
    examples: [
      { email: 'grace@acme.example', role: 'member' },
      {
        invitations: [
          { email: 'grace@acme.example', role: 'admin' },
          { email: 'alan@acme.example', role: 'viewer' },
        ],
      },
    ],
  });
export type InviteRequest = z.infer<typeof InviteRequest>;

const invitationExample = {
  id: '0195a4c2-7c10-7a4d-9e25-4b8d6f0a1c37',
  email: 'grace@acme.example',
  role: 'member',
  status: 'pending',
  invited_by: { id: example.userId, email: example.email, name: 'Ada Lovelace' },
  sent_at: example.now,
  expires_at: '2026-11-29T09:30:00.000Z',
  accepted_at: null,
  revoked_at: null,
  created_at: example.now,
};

export const Invitation = z
  .object({
    id: Id,
    email: z.string(),
    role: UserRole,
    status: z.enum(invitationStatuses),
    invited_by: z.object({ id: Id, email: z.string(), name: z.string() }),
    sent_at: Timestamp.meta({ description: 'When the link was last sent' }),
    expires_at: Timestamp,
    accepted_at: Timestamp.nullable(),
    revoked_at: Timestamp.nullable(),
    created_at: Timestamp,
  })
  .meta({ id: 'Invitation', examples: [invitationExample] });
export type Invitation = z.infer<typeof Invitation>;

/** The new invitations, in the order of the request. */
export const InviteResponse = z
  .object({ invitations: z.array(Invitation) })
  .meta({ id: 'InviteResponse', examples: [{ invitations: [invitationExample] }] });
export type InviteResponse = z.infer<typeof InviteResponse>;

export const InvitationPage = pageOf(Invitation, 'InvitationPage');
export const InvitationQuery = PageQuery.extend({
  search: SearchText.optional().meta({ description: 'Part of the e-mail. Case does not matter' }),
  status: z.enum(invitationStatuses).optional(),
  role: UserRole.optional(),
  ordering: z
    .enum(['email', '-email', 'created_at', '-created_at', 'expires_at', '-expires_at'])
    .default('-created_at'),
});
export type InvitationQuery = z.infer<typeof InvitationQuery>;

/** The token of an invitation link, in a path. The API never sends a longer one. */
export const InvitationToken = z.string().min(1).max(100);

/** What the page behind the link shows before the invitation is accepted. */
export const OpenInvitation = z
  .object({
    tenant: z.object({ slug: z.string(), name: z.string() }),
    email: z.string(),
    role: UserRole,
    expires_at: Timestamp,
  })
  .meta({
    id: 'OpenInvitation',
    examples: [
      {
        tenant: { slug: 'acme', name: 'Acme Rockets' },
        email: 'grace@acme.example',
        role: 'member',
        expires_at: '2026-11-29T09:30:00.000Z',
      },
    ],
  });
export type OpenInvitation = z.infer<typeof OpenInvitation>;

export const AcceptInvitationRequest = z
  .strictObject({
    name: PersonName,
    password: NewPassword,
    token_delivery: TokenDelivery.default('body'),
  })
  .meta({
    id: 'AcceptInvitationRequest',
    examples: [{ name: 'Grace Hopper', password: 'nanoseconds of wire, handed out' }],
  });
export type AcceptInvitationRequest = z.infer<typeof AcceptInvitationRequest>;
