import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { SignedLicense } from '@coditect/contracts/license-sessions';
import { toJwks } from '@coditect/signed-license/jwks';
import { type LicenseSigner, signLicense } from '@coditect/signed-license/license-signer';
import { Config } from '#config/config';
import { Clock } from '#platform/clock';
import { licenseSigning } from '#platform/observability/metrics';
import { temporarilyUnavailable } from '#platform/problems/problem';
import { inSpan } from '#platform/observability/tracing';
import type { HeldSession } from '../ledger/held-session.js';

/** The provider token of the signer: a local key, or Cloud KMS behind the same interface. */
export const LICENSE_SIGNER = Symbol('LicenseSigner');

const REFRESH_MS = 60_000;

/** The part of a license session that a signed license contains. */
export type SignableSession = Pick<
  HeldSession,
  | 'tenantId'
  | 'licenseId'
  | 'sessionId'
  | 'userId'
  | 'machineId'
  | 'seatNo'
  | 'expiresAt'
  | 'leaseSeconds'
  | 'planTier'
  | 'features'
>;

/** Signs grants after their commit: a failed signature loses no seat, because the repeated acquire signs again. */
@Injectable()
export class LicenseSigning implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('license-signing');
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(LICENSE_SIGNER) private readonly signer: LicenseSigner,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /** Looks regularly for key versions that other processes have added. Within a minute a new version is published
   *  and signs. */
  onModuleInit(): void {
    this.timer = setInterval(() => {
      this.signer
        .publicKeys()
        .catch((error: unknown) => this.logger.error({ msg: 'signing keys cannot be read', err: String(error) }));
    }, REFRESH_MS).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  /** @throws ProblemError temporarily_unavailable when the signer does not answer */
  async sign(session: SignableSession): Promise<SignedLicense> {
    const measured = licenseSigning.startTimer();
    try {
      const signed = await this.signed(session);
      measured({ result: 'signed' });
      return signed;
    } catch (cause) {
      measured({ result: 'failed' });
      throw temporarilyUnavailable('The seat is held, but its license could not be signed now: try again.', 1, cause);
    }
  }

  async jwks(): Promise<ReturnType<typeof toJwks>> {
    return toJwks(await this.signer.publicKeys());
  }

  private signed(session: SignableSession): Promise<SignedLicense> {
    return inSpan('sign license', {}, () =>
      signLicense(this.signer, {
        session_id: session.sessionId,
        license_id: session.licenseId,
        user_id: session.userId,
        tenant_id: session.tenantId,
        machine_id: session.machineId,
        plan_tier: session.planTier,
        features: session.features,
        seat_no: session.seatNo,
        iat: Math.floor(this.clock.now().getTime() / 1000),
        exp: Math.floor(session.expiresAt.getTime() / 1000),
        lease_seconds: session.leaseSeconds,
        iss: this.config.publicUrl,
      }),
    );
  }
}
