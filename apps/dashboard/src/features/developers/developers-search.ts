import { type ApiKeysSearch, apiKeysSearch } from '#features/api-keys/api-keys-search';
import { type EventsSearch, eventsSearch } from '#features/events/events-search';
import { given, oneOf } from '#shell/search-params';

export const developerTabs = ['quick-start', 'api-keys', 'webhooks', 'events'] as const;
export type DeveloperTab = (typeof developerTabs)[number];

/** The search parameters of the page. */
export interface DevelopersSearch extends ApiKeysSearch, EventsSearch {
  tab?: DeveloperTab;
  /** Whether the dialog that creates an API key or a webhook is open. */
  create?: true;
}

export function developersSearch(search: Record<string, unknown>): DevelopersSearch {
  return {
    ...given({ tab: oneOf(developerTabs, search['tab']), create: oneOf([true], search['create']) }),
    ...apiKeysSearch(search),
    ...eventsSearch(search),
  };
}
