import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { OutboxMessage } from '@coditect/db/generated/prisma/client';
import { createTransport, type SendMailOptions } from 'nodemailer';
import { Config } from '#config/config';
import { OutboxHandlers } from '#modules/outbox/outbox-handlers';
import { MailFiles } from './mail-files.js';
import type { Mail } from './mail.service.js';
import { renderMail } from './mail-templates.js';

const TIMEOUT_MS = 20_000;

/** Sends mails by SMTP. Without SMTP_URL each becomes a file in MAIL_DIR; production refuses to start without it. */
@Injectable()
export class MailDelivery implements OnModuleInit, OnApplicationShutdown {
  private readonly smtp;
  private readonly composer = createTransport({ streamTransport: true, buffer: true, newline: 'unix' });

  constructor(
    private readonly config: Config,
    private readonly handlers: OutboxHandlers,
    private readonly files: MailFiles,
  ) {
    if (config.production && !config.mail.smtpUrl)
      throw new Error(
        'the environment is not usable: SMTP_URL is needed in production, because invitations are sent by e-mail',
      );
    this.smtp = config.mail.smtpUrl
      ? createTransport({
          url: config.mail.smtpUrl,
          pool: true,
          connectionTimeout: TIMEOUT_MS,
          greetingTimeout: TIMEOUT_MS,
          socketTimeout: TIMEOUT_MS,
        })
      : undefined;
  }

  onModuleInit(): void {
    this.handlers.register('email', {
      queue: 'outbox',
      handle: (message) => this.deliver(message),
      forget: { sent: true }, // the links in it are credentials
    });
  }

  /** Runs after JobDrain has waited for the running jobs. */
  onApplicationShutdown(): void {
    this.smtp?.close();
  }

  /** Delivers one mail.
   *  @throws Error if the SMTP server refuses it; the outbox tries again */
  private async deliver({ id, payload, createdAt }: OutboxMessage): Promise<void> {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the outbox holds what `sendMail` was given
    const mail = payload as Mail;
    const content = renderMail(mail);
    const message: SendMailOptions = {
      from: this.config.mail.from,
      to: { name: '', address: mail.to },
      // The same for every attempt, so that mail programs recognize a mail that was sent twice.
      messageId: `<${id}@${new URL(this.config.publicUrl).hostname}>`,
      date: createdAt,
      headers: { 'Auto-Submitted': 'auto-generated' },
      disableFileAccess: true,
      disableUrlAccess: true,
      ...content,
    };
    if (this.smtp) {
      await this.smtp.sendMail(message);
      return;
    }
    const { message: composed } = await this.composer.sendMail(message);
    const { subject, text } = content;
    await this.files.write(id, composed, { to: mail.to, subject, text, date: createdAt.toISOString() });
  }
}
