import { answerOf } from '@coditect/api-client/api-client';
import { useQueries } from '@tanstack/react-query';
import { FolderKanban, KeyRound, type LucideIcon, MonitorSmartphone, User } from 'lucide-react';
import { useEffect, useState } from 'react';
import { api } from '../../session/api.ts';
import { useMay } from '../../session/me.ts';
import { licenseLabel, licensesQuery } from '../licenses/licenses-queries.ts';
import type { Target } from './open-id.ts';

/** Of each kind: who wants to see more goes to its page. */
const MOST = 5;
const SHORTEST = 2;
const PAUSE_MS = 200;

export interface PaletteResult {
  id: string;
  icon: LucideIcon;
  title: string;
  detail: string;
  target: Target;
}

/** People, projects, live sessions and licenses that have a text, once the typing pauses.
 *  @param typed nothing is asked for a single letter */
export function usePaletteResults(typed: string): { results: PaletteResult[]; searching: boolean } {
  const may = useMay();
  const search = useSettled(typed.trim());
  const long = search.length >= SHORTEST;
  const params = { query: { search, limit: MOST } };
  const [people, projects, sessions, licenses] = useQueries({
    queries: [
      {
        queryKey: ['users', 'palette', search],
        queryFn: ({ signal }) => answerOf(api.GET('/api/v1/users', { params, signal })),
        enabled: long && may('user:read'),
      },
      {
        queryKey: ['projects', 'palette', search],
        queryFn: ({ signal }) => answerOf(api.GET('/api/v1/projects', { params, signal })),
        enabled: long && may('project:read'),
      },
      {
        queryKey: ['license-sessions', 'palette', search],
        queryFn: ({ signal }) => {
          const query = { ...params.query, status: 'active' as const };
          return answerOf(api.GET('/api/v1/license-sessions', { params: { query }, signal }));
        },
        enabled: long && may('license_session:read'),
      },
      { ...licensesQuery, enabled: long && may('license:read') },
    ],
  });
  if (!long) return { results: [], searching: false };
  const wanted = search.toLowerCase();
  return {
    searching: [people, projects, sessions, licenses].some(({ isLoading }) => isLoading),
    results: [
      ...(people.data?.results ?? []).map(({ id, name, email }) => ({
        ...{ id, icon: User, title: name, detail: email },
        target: { to: '/team', search: { id } },
      })),
      ...(projects.data?.results ?? []).map(({ id, name, description }) => ({
        ...{ id, icon: FolderKanban, title: name, detail: description ?? '' },
        target: { to: '/projects', search: { id } },
      })),
      ...(sessions.data?.results ?? []).map(({ id, user, machine_id }) => ({
        ...{ id, icon: MonitorSmartphone, title: user.name, detail: machine_id },
        target: { to: '/sessions', search: { id } },
      })),
      ...(licenses.data?.results ?? [])
        .filter((license) => `${licenseLabel(license)} ${license.key}`.toLowerCase().includes(wanted))
        .slice(0, MOST)
        .map((license) => ({
          ...{ id: license.id, icon: KeyRound, title: licenseLabel(license), detail: license.key },
          target: { to: '/licenses/$id', params: { id: license.id } },
        })),
    ],
  };
}

function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
