import { Prisma } from '@coditect/db/generated/prisma/client';
import { type Actor, currentRequest } from '#platform/request-context';

/** Who acts, and in which request, as audit entries name it. Its SQL may refer to the session, which is `e`. */
export interface EntryOrigin {
  actorType: Actor['type'];
  actorId: Prisma.Sql;
  /** The user whose e-mail address becomes the name of the actor. */
  userId: Prisma.Sql;
  ip: string | null;
  userAgent: string | null;
  requestId: string | null;
}

/** The actor of the request. If the request has none, the session token was its credential, and the actor is the
 *  user of the session. */
export function byCallerOrHolder(): EntryOrigin {
  return byCaller('user', Prisma.sql`e.user_id`);
}

/** The actor of the request or job, or the system if it has none. */
export function byCallerOrSystem(): EntryOrigin {
  return byCaller('system', Prisma.sql`NULL`);
}

/** The system, whatever the request: a lease has ended by itself, not by an action. */
export function bySystem(requestId: string | null): EntryOrigin {
  const none = Prisma.sql`NULL`;
  return { actorType: 'system', actorId: none, userId: none, ip: null, userAgent: null, requestId };
}

function byCaller(otherwise: Actor['type'], otherId: Prisma.Sql): EntryOrigin {
  const { actor, ip, userAgent, requestId } = currentRequest();
  return {
    actorType: actor?.type ?? otherwise,
    actorId: Prisma.sql`coalesce(${actor?.id ?? null}::uuid, ${otherId})`,
    userId: Prisma.sql`coalesce(${actor?.userId ?? null}::uuid, ${otherId})`,
    ip: ip ?? null,
    userAgent: userAgent ?? null,
    requestId,
  };
}

/**
 * SQL that writes the audit entries of changed license sessions in the statement that changes them: on the hot path an
 * entry costs no round trip of its own. Everything else writes its entries with `AuditService`.
 */
export function insertEntries(entry: {
  /** The query of the statement that returns the changed sessions. They are `e` in the SQL of the other members. */
  from: Prisma.Sql;
  id: Prisma.Sql;
  occurredAt: Prisma.Sql;
  action: string;
  before: Prisma.Sql;
  after: Prisma.Sql;
  origin: EntryOrigin;
}): Prisma.Sql {
  const { from, id, occurredAt, action, before, after, origin } = entry;
  return Prisma.sql`INSERT INTO audit_logs (tenant_id, occurred_at, id, actor_type, actor_id, actor_name, action,
      resource_type, resource_id, before, after, ip, user_agent, request_id)
    SELECT e.tenant_id, ${occurredAt}, ${id}, ${origin.actorType}::actor_type, ${origin.actorId}::uuid,
      (SELECT u.email FROM users u WHERE u.tenant_id = e.tenant_id AND u.id = ${origin.userId}::uuid),
      ${action}, 'license_session', e.id, ${before}::jsonb, ${after}::jsonb,
      ${origin.ip}::inet, ${origin.userAgent}, ${origin.requestId}
    FROM ${from} e`;
}
