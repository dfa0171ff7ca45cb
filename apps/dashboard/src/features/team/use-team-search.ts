import { getRouteApi } from '@tanstack/react-router';
import { useListSearch } from '#shell/use-list-search';
import type { TeamSearch } from './team-search.ts';

const route = getRouteApi('/_app/team');

export const useTeamSearch = () => useListSearch<TeamSearch>(route.useSearch(), route.useNavigate());
