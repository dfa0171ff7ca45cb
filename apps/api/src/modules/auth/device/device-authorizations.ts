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
/** How much the interval between two polls grows when a device polls too soon (RFC 8628, section 3.5). */
const SLOW_DOWN_SECONDS = 5;

/** The reasons why a device gets no tokens (RFC 8628, section 3.5). */
type PollRefusal = Extract<ProblemCode, 'authorization_pending' | 'slow_down' | 'access_denied' | 'expired_token'>;

/** The user who approved, and the login that the approval came from. */
interface Approver {
  tenantId: string;
  userId: string;
  loginId: string;
}

/**
 * Signs in a device without a browser (RFC 8628). The device shows a code, and the user approves the code in another
 * login. The device polls meanwhile, and gets a login of that user.
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

  /** Creates both codes. The owner of the device is known only after the approval, so these rows belong to no
   *  tenant. */
  async begin({ client_name: clientName }: DeviceAuthorizationRequest): Promise<DeviceAuthorizationResponse> {
    const deviceCode = newDeviceCode();
    const userCode = newUserCode();
    const { ip, userAgent } = currentRequest();
    const now = this.clock.now();
    await this.db.systemTx(async (tx) => {
      await tx.deviceAuthorization.deleteMany({ where: { expiresAt: { lte: now } } });
      await tx.deviceAuthorization.create({
        data: {
          deviceCodeHash: hashOfDeviceCode(deviceCode),
          userCode,
          clientName,
          ip,
          userAgent,
          createdAt: now,
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

  /** Returns the device that waits with this code.
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
    if (!loginId)
      throw new ProblemError('forbidden', { detail: 'Only a person who has signed in can approve a device.' });
    const data = { status: 'approved', ...approver, approvedLoginId: loginId } as const;
    await this.decide(typed, 'device.approved', data, (tx, device) => this.tell(tx, device));
  }

  /** @throws ProblemError device_not_found */
  async deny(typed: string): Promise<void> {
    await this.decide(typed, 'device.denied', { status: 'denied' });
  }

  /**
   * Handles one poll. An approved code gives one login: it is marked as used before the login begins. It is invalid
   * once the approving login has ended, so that ending a stolen login also stops the devices that it approved.
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

  /** Tells the user by mail, so that a victim of a trick notices the approval (RFC 8628, section 5.4). */
  private async tell(tx: Tx, { clientName, ip }: DeviceAuthorization): Promise<void> {
    const [tenantId, id] = [currentTenant(), currentUserId()];
    const { email, tenant } = await tx.user.findUniqueOrThrow({
      where: { tenantId_id: { tenantId, id } },
      include: { tenant: true },
    });
    await this.mail.send(tx, tenantId, {
      to: email,
      template: 'device_approved',
      data: { tenant: tenant.name, client_name: clientName, ip, at: this.clock.now().toISOString() },
    });
  }

  /** Logins end under a lock of their user. This takes the same lock, so the approving login cannot end while the
   *  device's login begins.
   *  @throws ProblemError expired_token, user_disabled */
  private async assertLoginActive(tx: Tx, { tenantId, userId, loginId }: Approver): Promise<void> {
    const user = await lockUser(tx, { tenantId, id: userId });
    if (user?.status !== 'active') throw new ProblemError('user_disabled');
    const where = { tenantId, id: loginId, userId, revokedAt: null, expiresAt: { gt: this.clock.now() } };
    if ((await tx.login.count({ where })) === 0) throw refusal('expired_token');
  }

  /** Returns the approver, or the reason why there are no tokens. Locks the row, so that only one of two polls uses
   *  it. */
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

/** OAuth clients read the `error` member (RFC 6749, section 5.2). */
function refusal(code: PollRefusal): ProblemError {
  return new ProblemError(code, { members: { error: code } });
}
