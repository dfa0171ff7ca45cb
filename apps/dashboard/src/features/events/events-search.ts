import { eventTypes } from '@coditect/contracts/names';
import type { Message } from '#session/api';
import { given, oneOf, someOffset } from '#shell/search-params';

/** The search parameters of the list of events. */
export interface EventsSearch {
  /** The sequence of the last event before the list. */
  after?: number;
  type?: Message['EventType'];
}

export function eventsSearch(search: Record<string, unknown>): EventsSearch {
  return given({ after: someOffset(search['after']), type: oneOf(eventTypes, search['type']) });
}
