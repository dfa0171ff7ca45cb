import { Injectable } from '@nestjs/common';
import type { Tx } from '@coditect/db/database';
import type { OneTimeTokenPurpose } from '@coditect/db/generated/prisma/client';
import { Config } from '#config/config';
import { Clock } from '#platform/clock';
import { ProblemError } from '#platform/problems/problem';
import { newSecretToken, type ParsedToken, parseSecretToken } from '#platform/secrets/secret-token';
import { MailService } from '#modules/mail/mail.service';
import { type Account, lockUser } from '#modules/accounts/account-lock';

const HOUR_MS = 60 * 60 * 1000;

/** Per kind and user, so that the links cannot be used to flood a mailbox. */
const MAX_PER_HOUR = 3;

const kinds = {
  password_reset: { prefix: 'cpr_', page: 'reset-password', lifeMs: HOUR_MS },
  email_verification: { prefix: 'cev_', page: 'verify-email', lifeMs: 24 * HOUR_MS },
  email_change: { prefix: 'cec_', page: 'confirm-email', lifeMs: HOUR_MS },
} as const satisfies Record<OneTimeTokenPurpose, unknown>;

/** The user of the link, and the address that it was sent to. */
export type Redeemed = Account & { sentTo: string };

type UserKey = Pick<Account, 'tenantId' | 'id'>;

/** Links that prove that the user reads the mail of an address. Each works once, for a short time, and only while
 *  the address is the user's own, or the new one that the user has asked for. */
@Injectable()
export class OneTimeLinks {
  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
    private readonly mail: MailService,
  ) {}

  /**
   * Mails a new link; earlier ones become invalid. Runs as the user's tenant and locks the user.
   * @param to the address to prove, if it is not the user's own
   * @returns false if enough were sent within the last hour
   */
  async send(tx: Tx, { tenantId, id: userId }: Account, purpose: OneTimeTokenPurpose, to?: string): Promise<boolean> {
    const user = await lockUser(tx, { tenantId, id: userId });
    if (!user) return false;
    const { prefix, page, lifeMs } = kinds[purpose];
    const now = this.clock.now();
    const hourAgo = new Date(now.getTime() - HOUR_MS);
    const of = { tenantId, userId, purpose };
    if ((await tx.oneTimeToken.count({ where: { ...of, createdAt: { gt: hourAgo } } })) >= MAX_PER_HOUR) return false;
    await tx.oneTimeToken.deleteMany({ where: { ...of, createdAt: { lte: hourAgo } } });
    await this.endAll(tx, user, purpose);
    const email = to ?? user.email;
    const { token, hash } = newSecretToken(prefix, tenantId);
    const expiresAt = new Date(now.getTime() + lifeMs);
    await tx.oneTimeToken.create({ data: { ...of, email, tokenHash: hash, expiresAt, createdAt: now } });
    await this.mail.send(tx, tenantId, {
      to: email,
      template: purpose,
      data: {
        tenant: user.tenant.name,
        // In the fragment, which browsers do not send to servers: so no server's log contains it.
        url: `${this.config.dashboardUrl}/${page}#token=${token}`,
        expires_at: expiresAt.toISOString(),
      },
    });
    return true;
  }

  /** @throws ProblemError link_invalid for a text that is not such a token */
  parse(token: string, purpose: OneTimeTokenPurpose): ParsedToken {
    const parsed = parseSecretToken(kinds[purpose].prefix, token);
    if (!parsed) throw linkInvalid();
    return parsed;
  }

  /** Returns the user of the link, without using it up. Runs as its tenant.
   *  @throws ProblemError link_invalid */
  async holder(tx: Tx, { tenantId, hash }: ParsedToken, purpose: OneTimeTokenPurpose): Promise<Redeemed> {
    const found = await tx.oneTimeToken.findUnique({
      where: {
        tenantId_tokenHash: { tenantId, tokenHash: hash },
        purpose,
        usedAt: null,
        expiresAt: { gt: this.clock.now() },
      },
      include: { user: { include: { tenant: true } } },
    });
    if (found?.user.status !== 'active') throw linkInvalid();
    if (purpose !== 'email_change' && found.user.email !== found.email) throw linkInvalid();
    return { ...found.user, sentTo: found.email };
  }

  /** Uses up the link and all others of its kind. Returns its user, locked. Runs as its tenant.
   *  @throws ProblemError link_invalid, also for all but one of several at once */
  async redeem(tx: Tx, parsed: ParsedToken, purpose: OneTimeTokenPurpose): Promise<Redeemed> {
    await lockUser(tx, await this.holder(tx, parsed, purpose));
    const user = await this.holder(tx, parsed, purpose);
    await tx.oneTimeToken.update({
      where: { tenantId_tokenHash: { tenantId: parsed.tenantId, tokenHash: parsed.hash } },
      data: { usedAt: this.clock.now() },
    });
    await this.endAll(tx, user, purpose);
    return user;
  }

  /** Ends all open links of one kind of a user. */
  async endAll(tx: Tx, { tenantId, id: userId }: UserKey, purpose: OneTimeTokenPurpose): Promise<void> {
    const now = this.clock.now();
    await tx.oneTimeToken.updateMany({
      where: { tenantId, userId, purpose, usedAt: null, expiresAt: { gt: now } },
      data: { expiresAt: now },
    });
  }
}

function linkInvalid(): ProblemError {
  return new ProblemError('link_invalid', { detail: 'Ask for a new link.' });
}
