export const developerTabs = ['quick-start', 'api-keys', 'webhooks', 'events'] as const;
export type DeveloperTab = (typeof developerTabs)[number];

export const keyStatuses = ['active', 'expired', 'revoked'] as const;

/** What of the page is in the URL. */
export interface DevelopersSearch {
  tab?: DeveloperTab;
  /** Of API keys: those of the whole organization. */
  scope?: 'tenant';
  status?: (typeof keyStatuses)[number];
  search?: string;
  offset?: number;
  /** Whether an API key or a webhook is being created. */
  create?: true;
  /** Of events: the sequence of the last one before the list. */
  after?: number;
  type?: string;
}

export function developersSearch(given: Record<string, unknown>): DevelopersSearch {
  const { tab, scope, status, search, type } = given;
  return {
    ...(isOneOf(developerTabs, tab) && { tab }),
    ...(scope === 'tenant' && { scope }),
    ...(isOneOf(keyStatuses, status) && { status }),
    ...((typeof search === 'string' || typeof search === 'number') && search !== '' && { search: String(search) }),
    ...(isPositive(given['offset']) && { offset: given['offset'] }),
    ...(given['create'] === true && { create: true as const }),
    ...(isPositive(given['after']) && { after: given['after'] }),
    ...(typeof type === 'string' && { type }),
  };
}

export const deliveryStatuses = ['pending', 'succeeded', 'failed', 'skipped'] as const;
export type DeliveryStatus = (typeof deliveryStatuses)[number];

/** What of a webhook's page is in the URL. */
export interface WebhookSearch {
  status?: DeliveryStatus;
  offset?: number;
  /** The one that is shown with its attempts. */
  delivery?: string;
}

export function webhookSearch({ status, offset, delivery }: Record<string, unknown>): WebhookSearch {
  return {
    ...(isOneOf(deliveryStatuses, status) && { status }),
    ...(isPositive(offset) && { offset }),
    ...(typeof delivery === 'string' && { delivery }),
  };
}

function isOneOf<Value>(values: readonly Value[], value: unknown): value is Value {
  return values.includes(value as Value);
}
const isPositive = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
