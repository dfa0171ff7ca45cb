import { answerOf } from '@coditect/api-client/api-client';
import { useQuery } from '@tanstack/react-query';
import { FolderKanban, KeyRound, type LucideIcon, MonitorSmartphone, User } from 'lucide-react';
import { useEffect, useState } from 'react';
import { licenseLabel, licensesQuery } from '#seats/licenses-queries';
import { api } from '#session/api';
import { useMay } from '#session/me';
import type { Target } from './open-id.ts';

/** The most results of each kind. The page of the kind lists all of them. */
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

/** Searches users, projects, active sessions and licenses when the user pauses typing.
 *  @param typed a single letter is not searched for */
export function usePaletteResults(typed: string): { results: PaletteResult[]; searching: boolean } {
  const may = useMay();
  const text = typed.trim();
  const search = useSettled(text);
  const long = search.length >= SHORTEST;
  const params = { query: { search, limit: MOST } };
  const people = useQuery({
    queryKey: ['users', 'palette', search],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/users', { params, signal })),
    enabled: long && may('user:read'),
  });
  const projects = useQuery({
    queryKey: ['projects', 'palette', search],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/projects', { params, signal })),
    enabled: long && may('project:read'),
  });
  const sessions = useQuery({
    queryKey: ['license-sessions', 'palette', search],
    queryFn: ({ signal }) => {
      const query = { ...params.query, status: 'active' as const };
      return answerOf(api.GET('/api/v1/license-sessions', { params: { query }, signal }));
    },
    enabled: long && may('license_session:read'),
  });
  const licenses = useQuery({ ...licensesQuery, enabled: long && may('license:read') });
  const typing = text !== search && text.length >= SHORTEST;
  if (!long) return { results: [], searching: typing };
  const wanted = search.toLowerCase();
  return {
    searching: typing || [people, projects, sessions, licenses].some(({ isLoading }) => isLoading),
    results: [
      ...(people.data?.results ?? []).map(({ id, name, email }) => ({
        id,
        icon: User,
        title: name,
        detail: email,
        target: { to: '/team', search: { id } } as const,
      })),
      ...(projects.data?.results ?? []).map(({ id, name, description }) => ({
        id,
        icon: FolderKanban,
        title: name,
        detail: description ?? '',
        target: { to: '/projects', search: { id } } as const,
      })),
      ...(sessions.data?.results ?? []).map(({ id, user, machine_id }) => ({
        id,
        icon: MonitorSmartphone,
        title: user.name,
        detail: machine_id,
        target: { to: '/sessions', search: { id } } as const,
      })),
      ...(licenses.data?.results ?? [])
        .filter((license) => `${licenseLabel(license)} ${license.key}`.toLowerCase().includes(wanted))
        .slice(0, MOST)
        .map((license) => ({
          id: license.id,
          icon: KeyRound,
          title: licenseLabel(license),
          detail: license.key,
          target: { to: '/licenses/$id', params: { id: license.id } } as const,
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
