import { Injectable } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import { Prisma } from '@coditect/db/generated/prisma/client';
import { Clock } from '../../platform/clock.js';
import { AuditSealer, lockChain } from './audit-sealer.js';
import { AuditService } from './audit.service.js';

const PAGE = 1_000;
const ERASED = 'audit_log.erased';

interface Candidate {
  id: string;
  occurredAt: Date;
  actsAs: boolean;
  isAbout: boolean;
  isAnonymous: boolean;
  before: Prisma.JsonValue;
  after: Prisma.JsonValue;
}

interface Person {
  tenantId: string;
  userId: string;
  /** In lower case. */
  email: string;
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
    return erased;
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

/** The address of a device that the person has let in. */
function tellsIp(changes: Prisma.JsonValue): boolean {
  return typeof changes === 'object' && changes !== null && Object.hasOwn(changes, 'ip');
}

/** Whether the address stands anywhere in it, not as the end or the beginning of a longer one. */
function mentions(value: unknown, email: string): boolean {
  if (typeof value === 'string') return hasAddress(value.toLowerCase(), email);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([name, member]) => mentions(name, email) || mentions(member, email));
}

function hasAddress(text: string, email: string): boolean {
  for (let at = text.indexOf(email); at >= 0; at = text.indexOf(email, at + 1)) {
    const [before, after] = [text.slice(0, at), text.slice(at + email.length)];
    if (!/[\w.!#$%&'*+/=?^`{|}~-]$/.test(before) && !/^(-|\.?\w)/.test(after)) return true;
  }
  return false;
}
