import { Injectable } from '@nestjs/common';
import type { EventQuery } from '@coditect/contracts/webhooks';
import { Database } from '@coditect/db/database';
import type { Event } from '@coditect/db/generated/prisma/client';
import { currentTenant } from '#platform/request-context';

/** A page of events in their order. */
export interface EventRows {
  rows: Event[];
  lastSequence: number;
  hasMore: boolean;
}

/** Reads the events of the current tenant in the order of their sequence. */
@Injectable()
export class EventsService {
  constructor(private readonly db: Database) {}

  /** Returns up to `limit` events later than `after`. `lastSequence` is the value of `after` for the next call. */
  async list({ after, limit, type }: EventQuery): Promise<EventRows> {
    const tenantId = currentTenant();
    // Read before the rows: otherwise `lastSequence` could skip an event that was recorded between the two queries.
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
