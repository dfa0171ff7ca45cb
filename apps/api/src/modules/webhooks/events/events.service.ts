import { Injectable } from '@nestjs/common';
import type { EventQuery } from '@coditect/contracts/webhooks';
import { Database } from '@coditect/db/database';
import type { Event } from '@coditect/db/generated/prisma/client';
import { currentTenant } from '#platform/request-context';

export interface EventRows {
  rows: Event[];
  lastSequence: number;
  hasMore: boolean;
}

/** Reading the events of the tenant in their order. */
@Injectable()
export class EventsService {
  constructor(private readonly db: Database) {}

  async list({ after, limit, type }: EventQuery): Promise<EventRows> {
    const tenantId = currentTenant();
    // Before the rows: an event recorded in between must not be passed over.
    const newest = await this.db.tenant.event.findFirst({
      where: { tenantId },
      orderBy: { sequence: 'desc' },
      select: { sequence: true },
    });
    const found = await this.db.tenant.event.findMany({
      where: { tenantId, type, sequence: { gt: after } },
      orderBy: { sequence: 'asc' },
      take: limit + 1,
    });
    const rows = found.slice(0, limit);
    const hasMore = found.length > limit;
    const seen = Number(rows.at(-1)?.sequence ?? after);
    return { rows, hasMore, lastSequence: hasMore ? seen : Math.max(seen, Number(newest?.sequence ?? 0)) };
  }
}
