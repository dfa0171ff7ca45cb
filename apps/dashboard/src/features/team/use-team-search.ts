import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useCallback } from 'react';
import { given } from '#shell/search-params';
import type { TeamSearch } from './team-search.ts';

const route = getRouteApi('/_app/team');

type Change = { [Name in keyof TeamSearch]?: TeamSearch[Name] | undefined };

/** What of the page is in the URL, and how it is changed; a changed filter begins at the first page. */
export function useTeamSearch(): [search: TeamSearch, change: (change: Change) => void] {
  const search = route.useSearch();
  const navigate = useNavigate({ from: '/team' });
  const change = useCallback(
    (wanted: Change) => {
      const first = ['offset', 'id', 'create'].some((name) => name in wanted) ? {} : { offset: undefined };
      void navigate({ search: (now) => given({ ...now, ...first, ...wanted }), resetScroll: false });
    },
    [navigate],
  );
  return [search, change];
}
