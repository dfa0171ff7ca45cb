import { answerOf } from '@coditect/api-client/api-client';
import { type LinkProps, useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { api } from '#session/api';
import { toast } from '#ui/toast';

/** A page of the dashboard, with parameters. */
export type Target = Pick<LinkProps, 'to' | 'params' | 'search'>;

const YES_OR_NO = [() => true, () => false] as const;
const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export const isId = (text: string): boolean => ID.test(text);

/** Returns a function that opens the page of the resource with an id, or says that there is none. */
export function useOpenId(): (id: string) => Promise<void> {
  const { t } = useTranslation('palette');
  const navigate = useNavigate();
  return async (id) => {
    const params = { path: { id } };
    const kinds: [read: () => Promise<unknown>, target: Target][] = [
      [() => answerOf(api.GET('/api/v1/licenses/{id}', { params })), { to: '/licenses/$id', params: { id } }],
      [() => answerOf(api.GET('/api/v1/license-sessions/{id}', { params })), { to: '/sessions', search: { id } }],
      [() => answerOf(api.GET('/api/v1/users/{id}', { params })), { to: '/team', search: { id } }],
      [() => answerOf(api.GET('/api/v1/projects/{id}', { params })), { to: '/projects', search: { id } }],
      [
        () => answerOf(api.GET('/api/v1/webhooks/{id}', { params })),
        { to: '/developers/webhooks/$id', params: { id } },
      ],
      [() => answerOf(api.GET('/api/v1/audit-logs/{id}', { params })), { to: '/audit', search: { id } }],
    ];
    const found = await Promise.all(kinds.map(([read]) => read().then(...YES_OR_NO)));
    const [, target] = kinds[found.indexOf(true)] ?? [];
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the router types only targets that are written in place
    if (target) await navigate(target as never);
    else toast({ text: t('unknownId'), tone: 'danger' });
  };
}
