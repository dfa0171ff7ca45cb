import { useCallback } from 'react';
import { type SearchChange, withSearch } from './search-params.ts';

/** The part of a route's `navigate` that is used here. */
type Navigate<Search> = (to: { search: (now: Search) => Search; resetScroll: boolean }) => Promise<void>;

/** These change what is shown beside the list, not which rows it has. */
const BESIDE_THE_LIST = ['offset', 'id', 'create'];

/** Returns the search parameters of a page with a list, and a function that changes them. A changed filter returns to
 *  the first page. */
export function useListSearch<Search extends { offset?: number }>(
  search: Search,
  navigate: Navigate<Search>,
): [search: Search, change: (change: SearchChange<Search>) => void] {
  const change = useCallback(
    (wanted: SearchChange<Search>) => {
      const first = BESIDE_THE_LIST.some((name) => name in wanted) ? {} : { offset: undefined };
      void navigate({ search: (now) => withSearch(now, { ...first, ...wanted }), resetScroll: false });
    },
    [navigate],
  );
  return [search, change];
}
