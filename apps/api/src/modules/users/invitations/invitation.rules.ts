import type { invitationStatuses } from '@coditect/contracts/names';
import type { Invitation, Prisma } from '@coditect/db/generated/prisma/client';

export type InvitationStatus = (typeof invitationStatuses)[number];

/** How long a link is valid, in ms: seven days. */
export const INVITATION_LIFE_MS = 7 * 24 * 60 * 60 * 1000;

export function invitationStatus(
  { acceptedAt, revokedAt, expiresAt }: Pick<Invitation, 'acceptedAt' | 'revokedAt' | 'expiresAt'>,
  now: Date,
): InvitationStatus {
  if (acceptedAt) return 'accepted';
  if (revokedAt) return 'revoked';
  return expiresAt <= now ? 'expired' : 'pending';
}

/** Selects the invitations that can be accepted. */
export function openAt(now: Date): Prisma.InvitationWhereInput {
  return { acceptedAt: null, revokedAt: null, expiresAt: { gt: now } };
}

/** Returns the rule of `invitationStatus` as a filter for a query. */
export function havingStatus(status: InvitationStatus, now: Date): Prisma.InvitationWhereInput {
  const conditions: Record<InvitationStatus, Prisma.InvitationWhereInput> = {
    accepted: { acceptedAt: { not: null } },
    revoked: { acceptedAt: null, revokedAt: { not: null } },
    expired: { acceptedAt: null, revokedAt: null, expiresAt: { lte: now } },
    pending: openAt(now),
  };
  return conditions[status];
}

/** Returns when the link was last sent. Every sending restarts its lifetime. */
export function sentAt({ expiresAt }: Pick<Invitation, 'expiresAt'>): Date {
  return new Date(expiresAt.getTime() - INVITATION_LIFE_MS);
}
