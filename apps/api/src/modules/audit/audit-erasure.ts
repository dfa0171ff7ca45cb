import { Injectable } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import { Prisma } from '@coditect/db/generated/prisma/client';
import { Clock } from '../../platform/clock.js';
import { AuditSealer, lockChain } from './audit-sealer.js';
import { AuditService } from './audit.service.js';
import { ERASED, mentions, type Person, tellsIp } from './personal-data.js';

const PAGE = 1_000;

interface Candidate {
  id: string;
  occurredAt: Date;
  actsAs: boolean;
  isAbout: boolean;
  isAnonymous: boolean;
  before: Prisma.JsonValue;
  after: Prisma.JsonValue;
}

/**
 * Erases a person from the audit entries of a tenant (GDPR, article 17): the digests of what is erased stay, so the chain
 * stays valid (decision record 0008). The ids stay as well; without the user they lead nowhere.
 */
@Injectable()
export class AuditErasure {
  constructor(
    private readonly db: Database,
    private readonly sealer: AuditSealer,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /**
   * Erases name, address and user agent where the person acted, by itself, by an API key, or not yet signed in; and what
   * changed in entries about the user, with its e-mail address in them, or with the address of its device. Call it in a request or job, after the
   * transaction that ended all logins of the user. What breaks off can be called again: it goes on.
   * @param email the address that the person had when it was still known
   * @returns in how many entries something was erased
   */
  async erasePerson(tenantId: string, userId: string, email: string): Promise<number> {
    const person = { tenantId, userId, email: email.toLowerCase() };
    await this.record(person);
    await this.sealer.seal(tenantId);
    const { _max } = await this.db.system.auditLog.aggregate({ where: { tenantId }, _max: { sequence: true } });
    const last = Number(_max.sequence ?? 0);
    let erased = 0;
    for (let done = 0; done < last; done += PAGE) erased += await this.erasePage(person, done, done + PAGE);
    if (erased > 0)
      await this.db.systemTx((tx) =>
        this.audit.write(tx, {
          tenantId,
          action: ERASED,
          resourceType: 'user',
          resourceId: userId,
          after: { entries: erased },
        }),
      );
    await this.db.system.auditErasure.updateMany({
      where: { tenantId, userId },
      data: { completedAt: this.clock.now() },
    });
    return erased;
  }

  /** So that the worker erases the person from the archived months too. An erasure that goes on knows an address that the
   *  next call may no longer be told. */
  private async record({ tenantId, userId, email }: Person): Promise<void> {
    await this.db.systemQuery(
      `INSERT INTO audit_erasures AS e (tenant_id, id, user_id, email, requested_at)
       VALUES ($1, gen_random_uuid(), $2, $3, $4)
       ON CONFLICT (tenant_id, user_id) DO UPDATE
         SET email = coalesce(e.email, excluded.email), completed_at = NULL, archives_erased_at = NULL`,
      [tenantId, userId, email, this.clock.now()],
    );
  }

  private async erasePage(person: Person, after: number, until: number): Promise<number> {
    return this.db.systemTx(async (tx) => {
      await lockChain(tx, person.tenantId);
      const found = await tx.$queryRaw<Candidate[]>(candidates(person, after, until));
      const marked = found.map(({ id, occurredAt, actsAs, isAbout, isAnonymous, before, after: then }) => {
        const detail =
          isAbout || mentions([before, then], person.email) || (actsAs && (tellsIp(before) || tellsIp(then)));
        return { id, occurred_at: occurredAt, actor: actsAs || (isAnonymous && detail), detail };
      });
      const erasing = marked.filter(({ actor, detail }) => actor || detail);
      return erasing.length === 0 ? 0 : tx.$executeRaw(erase(person.tenantId, erasing, this.clock.now()));
    });
  }
}

/** Sealed entries that have something left to erase, as far as SQL can tell: whether they hold the address itself, or a
 *  longer one that ends in it, is looked at afterwards. */
function candidates({ tenantId, userId, email }: Person, after: number, until: number): Prisma.Sql {
  return Prisma.sql`
    SELECT * FROM (
      SELECT id, occurred_at AS "occurredAt", before, after, actor_id IS NULL AND ip IS NOT NULL AS "isAnonymous",
        (actor_id = ${userId}::uuid OR lower(actor_name) = ${email}) IS TRUE
          AND num_nonnulls(actor_name, ip, user_agent) > 0 AS "actsAs",
        resource_type = 'user' AND resource_id = ${userId} AND action <> ${ERASED}
          AND num_nonnulls(before, after) > 0 AS "isAbout",
        position(${email} IN lower(concat(before, after))) > 0 AS mentioned
      FROM audit_logs
      WHERE tenant_id = ${tenantId}::uuid AND sequence > ${after} AND sequence <= ${until}
    ) AS entry WHERE "actsAs" OR "isAbout" OR mentioned`;
}

function erase(
  tenantId: string,
  entries: { id: string; occurred_at: Date; actor: boolean; detail: boolean }[],
  now: Date,
): Prisma.Sql {
  return Prisma.sql`
    UPDATE audit_logs a SET erased_at = coalesce(a.erased_at, ${now}),
      actor_name = CASE WHEN NOT e.actor THEN a.actor_name END, ip = CASE WHEN NOT e.actor THEN a.ip END,
      user_agent = CASE WHEN NOT e.actor THEN a.user_agent END,
      actor_salt = CASE WHEN NOT e.actor THEN a.actor_salt END,
      before = CASE WHEN NOT e.detail THEN a.before END, after = CASE WHEN NOT e.detail THEN a.after END,
      detail_salt = CASE WHEN NOT e.detail THEN a.detail_salt END
    FROM jsonb_to_recordset(${JSON.stringify(entries)}::jsonb)
      AS e(id uuid, occurred_at timestamptz, actor boolean, detail boolean)
    WHERE a.tenant_id = ${tenantId}::uuid AND a.occurred_at = e.occurred_at AND a.id = e.id`;
}
