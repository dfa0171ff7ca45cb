import { Module } from '@nestjs/common';
import { OwnAccount } from './own-account.js';

/** Locks and rules about the rows of people and organizations, which several modules share. */
@Module({ providers: [OwnAccount], exports: [OwnAccount] })
export class AccountsModule {}
