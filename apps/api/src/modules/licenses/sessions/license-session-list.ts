import { Injectable } from '@nestjs/common';
import type { LicenseSessionQuery } from '@coditect/contracts/license-sessions';
import { Database } from '@coditect/db/database';
import type { LicenseSession, Prisma } from '@coditect/db/generated/prisma/client';
import { mayDo } from '#platform/access/permissions';
import { orderBy } from '#platform/lists/paging';
import { ProblemError } from '#platform/problems/problem';
import { currentRequest, currentTenant } from '#platform/request-context';
import { containsText, idsBeginningWith } from '#platform/lists/search';

export type LicenseSessionRow = LicenseSession & { user: { id: string; email: string; name: string } };

/** A statement takes at most 32,767 parameters. */
const MAX_USERS = 1000;

const include = { user: { select: { id: true, email: true, name: true } } } as const;

/** Lists and reads license sessions. A member sees only its own. */
@Injectable()
export class LicenseSessionList {
  constructor(private readonly db: Database) {}

  async list(query: LicenseSessionQuery): Promise<{ count: number; rows: LicenseSessionRow[] }> {
    const where: Prisma.LicenseSessionWhereInput = {
      AND: [
        this.visible(),
        { status: query.status, licenseId: query.license_id, userId: query.user_id, machineId: query.machine_id },
        query.search ? await this.found(query.search) : {},
      ],
    };
    const [count, rows] = await Promise.all([
      this.db.tenant.licenseSession.count({ where }),
      this.db.tenant.licenseSession.findMany({
        where,
        include,
        orderBy: orderBy(query.ordering),
        take: query.limit,
        skip: query.offset,
      }),
    ]);
    return { count, rows };
  }

  /** @throws ProblemError session_not_found, also for a session that the caller may not see */
  async get(id: string): Promise<LicenseSessionRow> {
    const row = await this.db.tenant.licenseSession.findFirst({ where: { AND: [this.visible(), { id }] }, include });
    if (!row) throw new ProblemError('session_not_found');
    return row;
  }

  /** Each condition has an index, so that no search reads the sessions of many years. Matching users are read first for the
   *  same reason. A text that matches more users than a list of ids can hold becomes a join instead. */
  private async found(search: string): Promise<Prisma.LicenseSessionWhereInput> {
    const matches: Prisma.UserWhereInput = { OR: [{ name: containsText(search) }, { email: containsText(search) }] };
    const users = await this.db.tenant.user.findMany({
      where: { tenantId: currentTenant(), ...matches },
      select: { id: true },
      take: MAX_USERS + 1,
    });
    const [ids, machines] = [idsBeginningWith(search), machinesBeginningWith(search)];
    return {
      OR: [
        users.length > MAX_USERS ? { user: { is: matches } } : { userId: { in: users.map(({ id }) => id) } },
        ...(ids ? [{ id: ids }] : []),
        ...(machines ? [{ machineId: machines }] : []),
      ],
    };
  }

  private visible(): Prisma.LicenseSessionWhereInput {
    const { actor } = currentRequest();
    const tenantId = currentTenant();
    return mayDo(actor, 'license_session:read_all') ? { tenantId } : { tenantId, userId: actor?.userId };
  }
}

/** A range instead of a LIKE pattern: a statement is planned once for every text, and a pattern would use no index then.
 *  The column sorts by bytes, and `~` comes after every character of a machine id. */
function machinesBeginningWith(text: string): { gte: string; lte: string } | undefined {
  const beginning = text.toLowerCase();
  return /^[0-9a-f-]+$/.test(beginning) ? { gte: beginning, lte: `${beginning}~` } : undefined;
}
