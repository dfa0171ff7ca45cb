import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { AuthController } from './auth.controller.js';
import { AuthService } from './auth.service.js';
import { LoginsService } from './logins.service.js';
import { Passwords } from './passwords.js';

@Module({ imports: [AuditModule], controllers: [AuthController], providers: [AuthService, LoginsService, Passwords] })
export class AuthModule {}
