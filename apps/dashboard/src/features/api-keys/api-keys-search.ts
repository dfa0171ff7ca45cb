import { apiKeyStatuses } from '@coditect/contracts/names';
import { given, oneOf, someOffset, someText } from '#shell/search-params';

export const keyOwners = ['tenant'] as const;

/** The search parameters of the list of API keys. */
export interface ApiKeysSearch {
  /** `tenant`: the keys of the whole organization; otherwise only the viewer's own. */
  scope?: (typeof keyOwners)[number];
  status?: (typeof apiKeyStatuses)[number];
  search?: string;
  offset?: number;
}

export function apiKeysSearch(search: Record<string, unknown>): ApiKeysSearch {
  return given({
    scope: oneOf(keyOwners, search['scope']),
    status: oneOf(apiKeyStatuses, search['status']),
    search: someText(search['search']),
    offset: someOffset(search['offset']),
  });
}
