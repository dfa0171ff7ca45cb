import { Module } from '@nestjs/common';
import { OwnAccount } from './own-account.js';

/** Locks and rules for the rows of users and organizations, shared by several modules. */
@Module({ providers: [OwnAccount], exports: [OwnAccount] })
export class AccountsModule {}
