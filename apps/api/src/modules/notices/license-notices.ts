import { Injectable, Logger } from '@nestjs/common';
import { Database, type Tx } from '@coditect/db/database';
import { Prisma } from '@coditect/db/generated/prisma/client';
import { Config } from '#config/config';
import { Clock } from '#platform/clock';
import { seatsInUse } from '#modules/seats-in-use/seats-in-use';
import { type Mail, MailService } from '#modules/mail/mail.service';

const DAY_MS = 24 * 3600 * 1000;
/** Days before the end of a license at which its organization gets a notice, closest to the end first. */
const EXPIRY_DAYS = [1, 7, 30];
/** A license with this share of its seats in use counts as nearly full. Licenses with a single seat are left out. */
const NEARLY_FULL_PERCENT = 90;
const BATCH = 500;

/** A notice to an organization about one license. */
interface Notice {
  tenantId: string;
  licenseId: string;
  kind: string;
  /** The day that the notice is about: the last day of the license, or the day on which it is nearly full. A notice is
   *  sent once per license, kind and day. */
  day: Date;
  mail: (tenant: string, url: string) => DistributiveOmit<Mail, 'to'>;
}
type DistributiveOmit<Type, Key extends PropertyKey> = Type extends unknown ? Omit<Type, Key> : never;

interface LicenseRow {
  tenant_id: string;
  id: string;
  product: string;
  valid_until: Date | null;
  seats_total: number;
  seats_in_use: number;
}
type Place = Pick<LicenseRow, 'tenant_id' | 'id'>;

const BEGINNING: Place = {
  tenant_id: '00000000-0000-0000-0000-000000000000',
  id: '00000000-0000-0000-0000-000000000000',
};

/**
 * Notifies owners and admins by e-mail that a license ends soon or is nearly full. A notice and its mails are written
 * in one transaction. So each is sent once, even with several workers or after a crash.
 */
@Injectable()
export class LicenseNotices {
  private readonly logger = new Logger('license-notices');

  constructor(
    private readonly db: Database,
    private readonly mail: MailService,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /** Writes all due notices. Returns how many are new. */
  async run(): Promise<number> {
    let written = 0;
    for (let after: Place | undefined = BEGINNING; after;) {
      const licenses = await this.licenses(after);
      for (const license of licenses)
        for (const notice of noticesOf(license, this.clock.now())) {
          try {
            if (await this.db.systemTx((tx) => this.write(tx, notice))) written += 1;
          } catch (error) {
            // Go on: a failure in one organization must not stop the notices of others. The next run tries it again.
            this.logger.error({ msg: 'notice could not be written', license_id: notice.licenseId, err: String(error) });
          }
        }
      after = licenses.length < BATCH ? undefined : licenses.at(-1);
    }
    return written;
  }

  /** Returns the next page of licenses that may need a notice: they end within the longest of EXPIRY_DAYS or are nearly
   *  full. */
  private async licenses(after: Place): Promise<LicenseRow[]> {
    const now = this.clock.now();
    const latestEnd = new Date(now.getTime() + Math.max(...EXPIRY_DAYS) * DAY_MS);
    const { text, values } = Prisma.sql`
      WITH candidate AS (
        SELECT l.tenant_id, l.id, l.product, l.valid_until, l.seats_total, ${seatsInUse(now)} AS seats_in_use
        FROM licenses l JOIN tenants t ON t.id = l.tenant_id
        WHERE (l.tenant_id, l.id) > (${after.tenant_id}::uuid, ${after.id}::uuid)
          AND t.status = 'active' AND l.status = 'active'
          AND l.valid_from <= ${now} AND (l.valid_until IS NULL OR l.valid_until > ${now})
      )
      SELECT * FROM candidate
      WHERE valid_until <= ${latestEnd} OR (seats_total > 1 AND seats_in_use * 100 >= seats_total * ${NEARLY_FULL_PERCENT}::int)
      ORDER BY tenant_id, id LIMIT ${BATCH}`;
    const { rows } = await this.db.systemQuery<LicenseRow>(text, values);
    return rows;
  }

  /** Writes a notice and its mails. Returns false if it was written before. */
  private async write(tx: Tx, { tenantId, licenseId, kind, day, mail }: Notice): Promise<boolean> {
    const createdAt = this.clock.now();
    const { count } = await tx.notice.createMany({
      data: [{ tenantId, licenseId, kind, day, createdAt }],
      skipDuplicates: true,
    });
    if (count === 0) return false;
    const tenant = await tx.tenant.findUniqueOrThrow({ where: { id: tenantId }, select: { name: true } });
    const managers = await tx.user.findMany({
      where: { tenantId, status: 'active', role: { in: ['owner', 'admin'] } },
      select: { email: true },
      orderBy: { id: 'asc' },
    });
    const content = mail(tenant.name, `${this.config.dashboardUrl}/licenses/${licenseId}`);
    for (const { email } of managers) await this.mail.send(tx, tenantId, { ...content, to: email });
    return true;
  }
}

/** Returns the notices that are due for a license now. Of several days before its end, only the closest one counts. */
function noticesOf(license: LicenseRow, now: Date): Notice[] {
  const { tenant_id: tenantId, id: licenseId, product, valid_until, seats_in_use, seats_total } = license;
  const notices: Notice[] = [];
  const days = valid_until && EXPIRY_DAYS.find((limit) => valid_until.getTime() - now.getTime() <= limit * DAY_MS);
  if (days)
    notices.push({
      tenantId,
      licenseId,
      kind: `license_expires_in_${days}_days`,
      day: valid_until,
      mail: (tenant, url) => ({
        template: 'license_expiring',
        data: { tenant, product, expires_at: valid_until.toISOString(), url },
      }),
    });
  if (seats_total > 1 && seats_in_use * 100 >= seats_total * NEARLY_FULL_PERCENT)
    notices.push({
      tenantId,
      licenseId,
      kind: 'seats_nearly_full',
      day: now,
      mail: (tenant, url) => ({
        template: 'seats_nearly_full',
        data: { tenant, product, seats_in_use, seats_total, url },
      }),
    });
  return notices;
}
