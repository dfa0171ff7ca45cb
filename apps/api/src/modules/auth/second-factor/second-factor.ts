import { Injectable } from '@nestjs/common';
import type { Tx } from '@coditect/db/database';
import type { User } from '@coditect/db/generated/prisma/client';
import { Secret, TOTP } from 'otpauth';
import { AuditService } from '#modules/audit/audit.service';
import { Clock } from '#platform/clock';
import { Keys } from '#platform/secrets/keys';
import { ProblemError } from '#platform/problems/problem';
import { openText, sealText } from '#platform/secrets/sealed-text';
import { hashOfRecoveryCode, newRecoveryCodes } from './recovery-codes.js';
import type { Account } from '#modules/accounts/account-lock';

/** 160 bits (RFC 4226, section 4, requirement 6). */
const SECRET_BYTES = 20;
/** Codes of this many steps of 30 s before and after the current one are accepted (RFC 6238, section 5.2). */
const WINDOW = 1;
const ISSUER = 'CODITECT';

/** Codes of the second factor: from an authenticator (RFC 6238), or from the list of recovery codes. */
@Injectable()
export class SecondFactor {
  private readonly secretKey: Buffer;
  private readonly recoveryKey: Buffer;

  constructor(
    keys: Keys,
    private readonly clock: Clock,
    private readonly audit: AuditService,
  ) {
    this.secretKey = keys.deriveKey('totp secrets');
    this.recoveryKey = keys.deriveKey('recovery codes');
  }

  /** Returns a new secret for an authenticator, sealed for the row and readable for the user. */
  newSecret(user: Account): { sealed: Uint8Array<ArrayBuffer>; secret: string; url: string } {
    const secret = new Secret({ size: SECRET_BYTES });
    const label = `${user.email} (${user.tenant.slug})`;
    return {
      sealed: Uint8Array.from(Buffer.from(sealText(secret.base32, this.secretKey, placeOf(user)), 'base64')),
      secret: secret.base32,
      url: new TOTP({ issuer: ISSUER, label, secret }).toString(),
    };
  }

  /** Returns the time step of a code, for a user who has set up an authenticator.
   *  @throws ProblemError two_factor_invalid */
  stepOf(user: User, code: string): bigint {
    const timestamp = this.clock.now().getTime();
    const token = withoutGaps(code);
    if (user.totpSecret && /^\d{6}$/.test(token)) {
      const delta = TOTP.validate({ token, secret: this.secretOf(user, user.totpSecret), timestamp, window: WINDOW });
      if (delta !== null) return BigInt(TOTP.counter({ timestamp }) + delta);
    }
    throw wrongCode();
  }

  /** Passes a locked user who has no second factor, or whose code is right.
   *  @throws ProblemError two_factor_required, two_factor_invalid */
  async pass(tx: Tx, user: User, code: string | undefined): Promise<void> {
    if (!user.totpEnabledAt) return;
    if (code === undefined) throw new ProblemError('two_factor_required');
    await this.use(tx, user, code);
  }

  /** Uses up a code of a locked user. Each code works once.
   *  @throws ProblemError two_factor_invalid */
  async use(tx: Tx, user: User, code: string): Promise<void> {
    const { tenantId, id, totpLastStep } = user;
    if (!/^\d{6}$/.test(withoutGaps(code))) return this.useRecoveryCode(tx, user, code);
    const step = this.stepOf(user, code);
    if (totpLastStep !== null && step <= totpLastStep) throw wrongCode();
    await tx.user.update({ where: { tenantId_id: { tenantId, id } }, data: { totpLastStep: step } });
  }

  /** Gives a locked user new recovery codes. The old ones become invalid.
   *  @returns the codes, which are shown only once */
  async replaceRecoveryCodes(tx: Tx, { tenantId, id: userId }: User): Promise<string[]> {
    const codes = newRecoveryCodes();
    await tx.recoveryCode.deleteMany({ where: { tenantId, userId } });
    await tx.recoveryCode.createMany({
      data: codes.map((code) => ({
        tenantId,
        userId,
        createdAt: this.clock.now(),
        codeHash: hashOfRecoveryCode(this.recoveryKey, { tenantId, id: userId }, code),
      })),
    });
    return codes;
  }

  private secretOf(user: User, sealed: Uint8Array): Secret {
    const base32 = openText(Buffer.from(sealed).toString('base64'), this.secretKey, placeOf(user));
    if (base32 === undefined) throw new Error('a TOTP secret was sealed with other keys than those of this deployment');
    return Secret.fromBase32(base32);
  }

  private async useRecoveryCode(tx: Tx, user: User, code: string): Promise<void> {
    const { tenantId, id } = user;
    const codeHash = hashOfRecoveryCode(this.recoveryKey, user, code);
    const { count } = await tx.recoveryCode.updateMany({
      where: { tenantId, userId: id, codeHash, usedAt: null },
      data: { usedAt: this.clock.now() },
    });
    if (count === 0) throw wrongCode();
    const left = await tx.recoveryCode.count({ where: { tenantId, userId: id, usedAt: null } });
    await this.audit.write(tx, {
      tenantId,
      action: 'user.recovery_code_used',
      resourceType: 'user',
      resourceId: id,
      actorId: id,
      after: { recovery_codes_left: left },
    });
  }
}

function placeOf({ tenantId, id }: User): string {
  return `${tenantId}:${id}`;
}

function withoutGaps(code: string): string {
  return code.replace(/[\s-]/g, '');
}

function wrongCode(): ProblemError {
  return new ProblemError('two_factor_invalid', { detail: 'The code is wrong, too old, or was used before.' });
}
