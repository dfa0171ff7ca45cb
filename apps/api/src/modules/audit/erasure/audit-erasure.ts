import { Injectable } from '@nestjs/common';
import { Database, type Tx } from '@coditect/db/database';
import { Prisma } from '@coditect/db/generated/prisma/client';
import { Clock } from '#platform/clock';
import { AuditSealer, lockChain } from '../chain/audit-sealer.js';
import { AuditService } from '../audit.service.js';
import { addressesAt, ERASED, hasIp, mentions, type Person } from './personal-data.js';

const PAGE = 1_000;

interface Candidate {
  id: string;
  occurredAt: Date;
  actsAs: boolean;
  isAbout: boolean;
  isAnonymous: boolean;
  hasDetail: boolean;
  before: Prisma.JsonValue;
  after: Prisma.JsonValue;
}

/**
 * Erases a person from the audit entries of a tenant (GDPR, article 17). The digests of the erased parts stay, so the
 * chain stays valid (decision record 0008). Ids stay as well: without the user row they identify no person.
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
   * Erases two parts of entries:
   * - name, IP address and user agent, where the person acted: signed in, by an API key, or before signing in
   * - `before` and `after`, in entries about the user, its identities and API keys, in entries that contain an e-mail
   *   address of the person from the time it was the person's, and in entries that contain the IP address of its device
   *
   * Call it in a request or job, after the transaction that ended all logins of the user. It can be repeated after a
   * failure.
   * @returns the number of entries in which something was erased by this call
   */
  async erasePerson(person: Person): Promise<number> {
    const { tenantId, userId } = person;
    await this.record(person);
    await this.sealer.seal(tenantId);
    const { _max } = await this.db.system.auditLog.aggregate({ where: { tenantId }, _max: { sequence: true } });
    const last = Number(_max.sequence ?? 0);
    let erased = 0;
    for (let done = 0; done < last; done += PAGE) {
      erased += await this.db.systemTx((tx) => this.eraseAmong(tx, person, done));
    }
    return this.db.systemTx(async (tx) => {
      if (erased > 0)
        await this.audit.write(tx, {
          tenantId,
          action: ERASED,
          resourceType: 'user',
          resourceId: userId,
          after: { entries: erased },
        });
      await tx.auditErasure.updateMany({
        where: { tenantId, userId },
        data: { completedAt: this.clock.now() },
      });
      return erased;
    });
  }

  /** Records the erasure, so that the worker repeats it in the archived months (ArchivedErasures). */
  private async record({ tenantId, userId }: Person): Promise<void> {
    await this.db.systemQuery(
      `INSERT INTO audit_erasures (tenant_id, id, user_id, requested_at) VALUES ($1, gen_random_uuid(), $2, $3)
       ON CONFLICT (tenant_id, user_id) DO UPDATE SET completed_at = NULL, archives_erased_at = NULL`,
      [tenantId, userId, this.clock.now()],
    );
  }

  /** Erases in one page of entries: the PAGE sequences after `last`. */
  private async eraseAmong(tx: Tx, person: Person, last: number): Promise<number> {
    await lockChain(tx, person.tenantId);
    const found = await tx.$queryRaw<Candidate[]>(candidates(person, last));
    const marked = found.map(({ id, occurredAt, actsAs, isAbout, isAnonymous, hasDetail, before, after }) => {
      const emails = addressesAt(person, occurredAt);
      const about = isAbout || mentions([before, after], emails) || (actsAs && (hasIp(before) || hasIp(after)));
      return { id, occurred_at: occurredAt, actor: actsAs || (isAnonymous && about), detail: about && hasDetail };
    });
    const erasing = marked.filter(({ actor, detail }) => actor || detail);
    return erasing.length === 0 ? 0 : tx.$executeRaw(erase(person.tenantId, erasing, this.clock.now()));
  }
}

/**
 * SQL: the sealed entries that may have something left to erase. SQL finds addresses as substrings; `mentions` decides
 * later whether it is the address itself or part of a longer one. An API key belongs to the user who created it,
 * according to its first entry, or to the user named in its last entry, which is written when keys are deleted with
 * their user.
 */
function candidates({ tenantId, userId, addresses }: Person, last: number): Prisma.Sql {
  return Prisma.sql`
    WITH address AS (
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(addresses)}::jsonb)
        AS a(email text, since timestamptz, until timestamptz)
    ), own_key AS (
      SELECT resource_id FROM audit_logs
      WHERE tenant_id = ${tenantId}::uuid AND resource_type = 'api_key' AND (before->>'user_id' = ${userId}
        OR (action = 'api_key.created' AND actor_type = 'user' AND actor_id = ${userId}::uuid))
    )
    SELECT * FROM (
      SELECT id, occurred_at AS "occurredAt", before, after, num_nonnulls(before, after) > 0 AS "hasDetail",
        actor_id IS NULL AND num_nonnulls(ip, user_agent) > 0 AS "isAnonymous",
        (actor_id = ${userId}::uuid OR held.named) IS TRUE
          AND num_nonnulls(actor_name, ip, user_agent) > 0 AS "actsAs",
        CASE resource_type
          WHEN 'user' THEN resource_id = ${userId} AND action <> ${ERASED}
          WHEN 'identity' THEN coalesce(before, after)->>'user_id' = ${userId}
          WHEN 'api_key' THEN resource_id IN (SELECT resource_id FROM own_key)
        END IS TRUE AS "isAbout",
        held.mentioned
      FROM audit_logs, LATERAL (
        SELECT bool_or(lower(actor_name) = email) AS named,
          bool_or(position(email IN lower(concat(before, after))) > 0) AS mentioned
        FROM address WHERE occurred_at <= until AND (since IS NULL OR occurred_at > since)
      ) AS held
      WHERE tenant_id = ${tenantId}::uuid AND sequence > ${last} AND sequence <= ${last + PAGE}
    ) AS entry WHERE "actsAs" OR mentioned OR ("isAbout" AND ("hasDetail" OR "isAnonymous"))`;
}

/** SQL: erases the marked parts of the entries, with the salts of their digests. */
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
