import { Module } from '@nestjs/common';
import { MailModule } from '#modules/mail/mail.module';
import { LicenseNotices } from './license-notices.js';

/** Loaded by the worker only. */
@Module({ imports: [MailModule], providers: [LicenseNotices], exports: [LicenseNotices] })
export class NoticesModule {}
