import { Module } from '@nestjs/common';
import { MailFiles } from './mail-files.js';
import { MailPageController } from './mail-page.controller.js';

/** Of the API in development only. */
@Module({ controllers: [MailPageController], providers: [MailFiles] })
export class MailPageModule {}
