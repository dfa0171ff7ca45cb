import type { Invitation as InvitationMessage, OpenInvitation } from '@coditect/contracts/invitations';
import type { Invitation, Tenant } from '@coditect/db/generated/prisma/client';
import { invitationStatus, sentAt } from './invitation.rules.js';
import type { InvitationRow } from './invitations.service.js';

export function presentInvitation(invitation: InvitationRow, now: Date): InvitationMessage {
  return {
    id: invitation.id,
    email: invitation.email,
    role: invitation.role,
    status: invitationStatus(invitation, now),
    invited_by: invitation.inviter,
    sent_at: sentAt(invitation).toISOString(),
    expires_at: invitation.expiresAt.toISOString(),
    accepted_at: invitation.acceptedAt?.toISOString() ?? null,
    revoked_at: invitation.revokedAt?.toISOString() ?? null,
    created_at: invitation.createdAt.toISOString(),
  };
}

/** Shows only what every holder of the link may know. */
export function presentOpenInvitation(invitation: Invitation & { tenant: Tenant }): OpenInvitation {
  const { tenant, email, role, expiresAt } = invitation;
  return { tenant: { slug: tenant.slug, name: tenant.name }, email, role, expires_at: expiresAt.toISOString() };
}
