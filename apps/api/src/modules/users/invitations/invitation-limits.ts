import type { Tx } from '@coditect/db/database';
import type { Invitation } from '@coditect/db/generated/prisma/client';
import { ProblemError } from '#platform/problems/problem';
import { INVITATION_LIFE_MS, sentAt } from './invitation.rules.js';

/** The least time between two invitations of one address, in ms, even if the first was revoked. */
const ADDRESS_REST_MS = 60_000;

const HOUR_MS = 60 * 60 * 1000;
/** What one organization may send in an hour, so that the product cannot be used to send mail to strangers. */
const MAX_MAILS_PER_HOUR = 200;

/**
 * Call it before sending invitations, the first time or again, while holding the quota of users: so two requests are
 * not counted at once. Counts audit entries, because every sending writes one, and neither revoking nor sending again
 * removes it.
 * @throws ProblemError rate_limited, with the e-mails that were invited less than a minute ago, if that is the reason
 */
export async function assertNotFlooding(
  tx: Tx,
  tenantId: string,
  invitees: readonly Pick<Invitation, 'email'>[],
  now: Date,
): Promise<void> {
  await assertRested(tx, tenantId, invitees, now);
  const sent = await tx.auditLog.findMany({
    where: {
      tenantId,
      resourceType: 'invitation',
      action: { in: ['invitation.created', 'invitation.resent'] },
      occurredAt: { gt: new Date(now.getTime() - HOUR_MS) },
    },
    select: { occurredAt: true },
    orderBy: { occurredAt: 'asc' },
  });
  const tooMany = sent.length + invitees.length - MAX_MAILS_PER_HOUR;
  if (tooMany <= 0) return;
  const free = sent[tooMany - 1]!.occurredAt.getTime() + HOUR_MS;
  throw rateLimited(`An organization sends at most ${MAX_MAILS_PER_HOUR} invitations in an hour.`, free, now);
}

async function assertRested(
  tx: Tx,
  tenantId: string,
  invitees: readonly Pick<Invitation, 'email'>[],
  now: Date,
): Promise<void> {
  const recent = await tx.invitation.findMany({
    where: {
      tenantId,
      email: { in: invitees.map(({ email }) => email) },
      expiresAt: { gt: new Date(now.getTime() - ADDRESS_REST_MS + INVITATION_LIFE_MS) },
    },
    orderBy: { expiresAt: 'asc' },
  });
  const last = recent.at(-1);
  if (!last) return;
  const emails = [...new Set(recent.map(({ email }) => email))].toSorted();
  throw rateLimited(
    `Invited a moment ago: ${emails.join(', ')}. Wait a minute before sending another invitation.`,
    sentAt(last).getTime() + ADDRESS_REST_MS,
    now,
    { emails },
  );
}

function rateLimited(detail: string, freeAtMs: number, now: Date, members: Record<string, unknown> = {}): ProblemError {
  const waitSeconds = Math.max(1, Math.ceil((freeAtMs - now.getTime()) / 1000));
  return new ProblemError('rate_limited', { detail, members, headers: { 'retry-after': String(waitSeconds) } });
}
