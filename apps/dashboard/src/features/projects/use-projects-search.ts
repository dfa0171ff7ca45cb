import { getRouteApi } from '@tanstack/react-router';
import { useListSearch } from '#shell/use-list-search';
import type { ProjectsSearch } from './projects-search.ts';

const route = getRouteApi('/_app/projects');

export const useProjectsSearch = () => useListSearch<ProjectsSearch>(route.useSearch(), route.useNavigate());
