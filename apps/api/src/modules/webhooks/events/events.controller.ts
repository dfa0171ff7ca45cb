import { Get, Query } from '@nestjs/common';
import { EventList, EventQuery } from '@coditect/contracts/webhooks';
import { RequirePermission } from '#platform/access/access';
import { ApiController } from '#platform/http/api-controller';
import { Operation } from '#platform/operation';
import { presentEvent } from './events.presenter.js';
import { EventsService } from './events.service.js';

@ApiController('events')
export class EventsController {
  constructor(private readonly events: EventsService) {}

  @Get()
  @RequirePermission('event:read')
  @Operation({
    summary: 'Read events in their order',
    description:
      'Events of the last 30 days. Ask again with `after` = `last_sequence`: no event is missed or repeated.',
    response: EventList,
  })
  async list(@Query({ schema: EventQuery }) query: EventQuery): Promise<EventList> {
    const { rows, lastSequence, hasMore } = await this.events.list(query);
    return { results: rows.map(presentEvent), last_sequence: lastSequence, has_more: hasMore };
  }
}
