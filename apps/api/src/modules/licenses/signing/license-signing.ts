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

/** What of a license session a signed license tells. */
export type SignableSession = Omit<
  HeldSession,
  'status' | 'started_at' | 'lease_expires_at' | 'ended_at' | 'end_reason' | 'token_salt' | 'token_hash'
>;

/** Signs what was granted, after the commit: a failed signature loses no seat, the repeated acquire signs again. */
@Injectable()
export class LicenseSigning implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('license-signing');
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(LICENSE_SIGNER) private readonly signer: LicenseSigner,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /** A key version added by another process is published here within a minute, and signs from then on. */
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
        session_id: session.id,
        license_id: session.license_id,
        user_id: session.user_id,
        tenant_id: session.tenant_id,
        machine_id: session.machine_id,
        plan_tier: session.plan_tier,
        features: session.features,
        seat_no: session.seat_no,
        iat: Math.floor(this.clock.now().getTime() / 1000),
        exp: Math.floor(session.expires_at.getTime() / 1000),
        lease_seconds: session.lease_seconds,
        iss: this.config.publicUrl,
      }),
    );
  }
}
