import { deliveryStatuses } from '@coditect/contracts/names';
import { given, oneOf, someId, someOffset } from '#shell/search-params';

export type DeliveryStatus = (typeof deliveryStatuses)[number];

/** The search parameters of the page of one webhook. */
export interface WebhookSearch {
  status?: DeliveryStatus;
  offset?: number;
  /** Id of the delivery that is open. */
  delivery?: string;
}

export function webhookSearch(search: Record<string, unknown>): WebhookSearch {
  return given({
    status: oneOf(deliveryStatuses, search['status']),
    offset: someOffset(search['offset']),
    delivery: someId(search['delivery']),
  });
}
