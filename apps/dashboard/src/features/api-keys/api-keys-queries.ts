import { answerOf } from '@coditect/api-client/api-client';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api } from '#session/api';
import { PAGE_ROWS } from '#ui/page-rows';
import type { ApiKeysSearch } from './api-keys-search.ts';

export function apiKeysQuery({ scope, status, search, offset }: ApiKeysSearch) {
  const query = {
    ...(scope && { scope }),
    ...(status && { status }),
    ...(search && { search }),
    limit: PAGE_ROWS,
    offset: offset ?? 0,
  };
  return queryOptions({
    queryKey: ['api-keys', query],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/auth/api-keys', { params: { query }, signal })),
    placeholderData: keepPreviousData,
  });
}
