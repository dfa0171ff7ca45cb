import { deliveryStatuses } from '@coditect/contracts/names';
import { given, oneOf, someId, someOffset } from '#shell/search-params';

export type DeliveryStatus = (typeof deliveryStatuses)[number];

/** The part of a webhook's page that is in the URL. */
export interface WebhookSearch {
  status?: DeliveryStatus;
  offset?: number;
  /** The delivery that is shown with its attempts. */
  delivery?: string;
}

export function webhookSearch(search: Record<string, unknown>): WebhookSearch {
  return given({
    status: oneOf(deliveryStatuses, search['status']),
    offset: someOffset(search['offset']),
    delivery: someId(search['delivery']),
  });
}
