import { Injectable } from '@nestjs/common';
import type { TokenResponse } from '@coditect/contracts/auth';
import type { DeviceAuthorizationRequest, DeviceAuthorizationResponse } from '@coditect/contracts/device';
import type { ProblemCode } from '@coditect/contracts/problem';
import { Database, type Tx } from '@coditect/db/database';
import type { DeviceAuthorization } from '@coditect/db/generated/prisma/client';
import { AuditService } from '#modules/audit/audit.service';
import { MailService } from '#modules/mail/mail.service';
import { Config } from '#config/config';
import { Clock } from '#platform/clock';
import { ProblemError } from '#platform/problems/problem';
import { currentRequest, currentTenant, currentUserId } from '#platform/request-context';
import { hashOfDeviceCode, newDeviceCode, newUserCode, userCodeShown, parseUserCode } from './device-code.js';
import { LoginsService } from '../logins/logins.service.js';
import { lockUser } from '#modules/accounts/account-lock';

const LIFE_SECONDS = 600;
const INTERVAL_SECONDS = 5;
/** RFC 8628, section 3.5. */
const SLOW_DOWN_SECONDS = 5;

/** Why a device gets no tokens (RFC 8628, section 3.5). */
type PollRefusal = Extract<ProblemCode, 'authorization_pending' | 'slow_down' | 'access_denied' | 'expired_token'>;

/** Who has approved, and by which login. */
interface Approver {
  tenantId: string;
  userId: string;
  loginId: string;
}

/**
 * Signing in a device that has no browser (RFC 8628): it shows a code, its user approves the code while signed in
 * elsewhere, and the device, which polls meanwhile, gets a login of that user.
 */
@Injectable()
export class DeviceAuthorizations {
  constructor(
    private readonly db: Database,
    private readonly logins: LoginsService,
    private readonly audit: AuditService,
    private readonly mail: MailService,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /** Two new codes. Whose device it is shows only when it is approved, so these rows belong to no tenant. */
  async begin({ client_name: clientName }: DeviceAuthorizationRequest): Promise<DeviceAuthorizationResponse> {
    const deviceCode = newDeviceCode();
    const userCode = newUserCode();
    const { ip, userAgent } = currentRequest();
    const now = this.clock.now();
    await this.db.systemTx(async (tx) => {
      await tx.deviceAuthorization.deleteMany({ where: { expiresAt: { lte: now } } });
      await tx.deviceAuthorization.create({
        data: {
          ...{ deviceCodeHash: hashOfDeviceCode(deviceCode), userCode, clientName, ip, userAgent, createdAt: now },
          intervalSeconds: INTERVAL_SECONDS,
          expiresAt: new Date(now.getTime() + LIFE_SECONDS * 1000),
        },
      });
    });
    const verificationUri = `${this.config.dashboardUrl}/device`;
    return {
      device_code: deviceCode,
      user_code: userCodeShown(userCode),
      verification_uri: verificationUri,
      verification_uri_complete: `${verificationUri}?user_code=${userCodeShown(userCode)}`,
      expires_in: LIFE_SECONDS,
      interval: INTERVAL_SECONDS,
    };
  }

  /** What asks to be signed in with this code.
   *  @throws ProblemError device_not_found, also for a code that was decided on or has expired */
  async waiting(typed: string): Promise<DeviceAuthorization> {
    const found = await this.db.system.deviceAuthorization.findFirst({ where: this.whereWaiting(typed) });
    if (!found) throw new ProblemError('device_not_found');
    return found;
  }

  /** Signs the device in as the caller with its next poll.
   *  @throws ProblemError device_not_found */
  async approve(typed: string): Promise<void> {
    const approver = { approvedTenantId: currentTenant(), approvedUserId: currentUserId() };
    const loginId = currentRequest().actor?.loginId;
    if (!loginId) throw new ProblemError('forbidden', { detail: 'Only a person who signed in approves a device.' });
    const data = { status: 'approved', ...approver, approvedLoginId: loginId } as const;
    await this.decide(typed, 'device.approved', data, (tx, device) => this.tell(tx, device));
  }

  /** @throws ProblemError device_not_found */
  async deny(typed: string): Promise<void> {
    await this.decide(typed, 'device.denied', { status: 'denied' });
  }

  /**
   * One poll. An approved code is worth one login: it is spent before the login begins, and is worth nothing when the login
   * that approved it has ended: what cuts somebody off cuts off what they have approved.
   * @throws ProblemError authorization_pending, slow_down, access_denied, expired_token, user_disabled
   */
  async exchange(deviceCode: string): Promise<TokenResponse> {
    const polled = await this.db.systemTx((tx) => this.poll(tx, hashOfDeviceCode(deviceCode)));
    if (typeof polled === 'string') throw refusal(polled);
    const user = await this.db.system.user.findUnique({
      where: { tenantId_id: { tenantId: polled.tenantId, id: polled.userId } },
    });
    if (!user) throw refusal('access_denied');
    return this.logins.start(user, 'device', (tx) => this.assertLoginActive(tx, polled));
  }

  /** @throws ProblemError device_not_found */
  private whereWaiting(typed: string) {
    const userCode = parseUserCode(typed);
    if (userCode === undefined) throw new ProblemError('device_not_found');
    return { userCode, status: 'pending', expiresAt: { gt: this.clock.now() } } as const;
  }

  private async decide(
    typed: string,
    action: string,
    data: Pick<DeviceAuthorization, 'status'> & Partial<DeviceAuthorization>,
    within?: (tx: Tx, decided: DeviceAuthorization) => Promise<void>,
  ): Promise<void> {
    const tenantId = currentTenant();
    await this.db.systemTx(async (tx) => {
      const [decided] = await tx.deviceAuthorization.updateManyAndReturn({ where: this.whereWaiting(typed), data });
      if (!decided) throw new ProblemError('device_not_found');
      await this.audit.write(tx, {
        tenantId,
        action,
        resourceType: 'device',
        resourceId: decided.id,
        after: { client_name: decided.clientName, ip: decided.ip },
      });
      await within?.(tx, decided);
    });
  }

  /** An attacker who talks somebody into approving a code does not go unnoticed (RFC 8628, section 5.4). */
  private async tell(tx: Tx, { clientName, ip }: DeviceAuthorization): Promise<void> {
    const [tenantId, id] = [currentTenant(), currentUserId()];
    const { email, tenant } = await tx.user.findUniqueOrThrow({
      where: { tenantId_id: { tenantId, id } },
      include: { tenant: true },
    });
    await this.mail.send(tx, tenantId, {
      ...{ to: email, template: 'device_approved' },
      data: { tenant: tenant.name, client_name: clientName, ip, at: this.clock.now().toISOString() },
    });
  }

  /** Logins end under a lock of their user, so this one does not while the device's begins.
   *  @throws ProblemError expired_token, user_disabled */
  private async assertLoginActive(tx: Tx, { tenantId, userId, loginId }: Approver): Promise<void> {
    const user = await lockUser(tx, { tenantId, id: userId });
    if (user?.status !== 'active') throw new ProblemError('user_disabled');
    const where = { tenantId, id: loginId, userId, revokedAt: null, expiresAt: { gt: this.clock.now() } };
    if ((await tx.login.count({ where })) === 0) throw refusal('expired_token');
  }

  /** Who has approved, or why there are no tokens. The row is locked: two polls at once do not both find it unspent. */
  private async poll(tx: Tx, deviceCodeHash: Uint8Array<ArrayBuffer>): Promise<Approver | PollRefusal> {
    await tx.$executeRaw`SELECT FROM device_authorizations WHERE device_code_hash = ${deviceCodeHash} FOR UPDATE`;
    const found = await tx.deviceAuthorization.findUnique({ where: { deviceCodeHash } });
    const now = this.clock.now();
    if (!found || found.status === 'used' || found.expiresAt <= now) return 'expired_token';
    if (found.status === 'denied') return 'access_denied';
    const { id, approvedTenantId, approvedUserId, approvedLoginId, lastPolledAt, intervalSeconds } = found;
    if (approvedTenantId && approvedUserId && approvedLoginId) {
      await tx.deviceAuthorization.update({ where: { id }, data: { status: 'used' } });
      return { tenantId: approvedTenantId, userId: approvedUserId, loginId: approvedLoginId };
    }
    const tooSoon = lastPolledAt !== null && now.getTime() - lastPolledAt.getTime() < intervalSeconds * 1000;
    await tx.deviceAuthorization.update({
      where: { id },
      data: { lastPolledAt: now, intervalSeconds: intervalSeconds + (tooSoon ? SLOW_DOWN_SECONDS : 0) },
    });
    return tooSoon ? 'slow_down' : 'authorization_pending';
  }
}

/** `error` is the member that OAuth clients read (RFC 6749, section 5.2). */
function refusal(code: PollRefusal): ProblemError {
  return new ProblemError(code, { members: { error: code } });
}
