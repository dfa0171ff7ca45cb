import { Module } from '@nestjs/common';
import { MailFiles } from './mail-files.js';
import { MailPageController } from './mail-page.controller.js';

/** Loaded by the API in development only. */
@Module({ controllers: [MailPageController], providers: [MailFiles] })
export class MailPageModule {}
