import { Module } from '@nestjs/common';
import { AuditModule } from '#modules/audit/audit.module';
import { MailModule } from '#modules/mail/mail.module';
import { ApiKeysController } from './api-keys.controller.js';
import { ApiKeysService } from './api-keys.service.js';

@Module({ imports: [AuditModule, MailModule], controllers: [ApiKeysController], providers: [ApiKeysService] })
export class ApiKeysModule {}
