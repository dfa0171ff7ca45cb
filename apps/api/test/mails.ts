import type { OutboxMessage } from '@coditect/db/generated/prisma/client';
import type { Mail } from '#modules/mail/mail.service';
import type { TestApp } from './app.js';

/** Returns the mails in the outbox for an address, oldest first. */
export async function mailsTo(api: TestApp, to: string): Promise<Mail[]> {
  const rows = await api.db.system.outboxMessage.findMany({
    where: { topic: 'email', payload: { path: ['to'], equals: to } },
    orderBy: { id: 'asc' },
  });
  return rows.map(mailIn);
}

/** Returns all mails of an organization, oldest first. */
export async function mailsOf(api: TestApp, { id: tenantId }: { id: string }): Promise<Mail[]> {
  const where = { tenantId, topic: 'email' };
  return (await api.db.system.outboxMessage.findMany({ where, orderBy: { id: 'asc' } })).map(mailIn);
}

/** Parses what MailService has written: the payload of topic `email` is a mail. */
function mailIn({ payload }: Pick<OutboxMessage, 'payload'>): Mail {
  return payload as Mail;
}

/** Returns the token in the fragment of a mail's link. */
export function tokenIn(mail: Mail | undefined): string {
  if (!mail || !('url' in mail.data)) throw new Error('no mail with a link');
  return new URLSearchParams(new URL(mail.data.url).hash.slice(1)).get('token') ?? '';
}
