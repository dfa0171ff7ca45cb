import { answerOf } from '@coditect/api-client/api-client';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { KeyRound } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { api } from '../../session/api.ts';
import { Button } from '../../ui/button.tsx';
import { returnToOf } from './sign-in-search.ts';

/** Where one can sign in beside the password. @param tenant slug, whose own providers are listed too */
export const providersQuery = (tenant?: string) =>
  queryOptions({
    queryKey: ['sign-in-providers', tenant],
    queryFn: ({ signal }) =>
      answerOf(
        api.GET('/api/v1/auth/providers', { params: { query: { limit: 100, ...(tenant && { tenant }) } }, signal }),
      ),
    staleTime: 300_000,
    // An Identity Platform signs people in by its own SDK, which these pages do not carry.
    select: ({ results }) => results.filter(({ kind }) => kind !== 'identity_platform'),
  });

/** Links to the providers, under a line that separates them from the form. Without any there is nothing. */
export function ProviderButtons({ tenant, returnTo }: { tenant: string | undefined; returnTo: string | undefined }) {
  const { t } = useTranslation('sign-in');
  const { data: providers = [] } = useQuery(providersQuery(tenant));
  if (providers.length === 0) return null;
  const query = new URLSearchParams({ return_to: returnToOf(returnTo), ...(tenant && { tenant }) });
  return (
    <div className="grid gap-3">
      <p className="flex items-center gap-3 text-xs text-muted-foreground before:h-px before:flex-1 before:bg-border after:h-px after:flex-1 after:bg-border">
        {t('or')}
      </p>
      {providers.map(({ id, name }) => (
        <Button key={id} asChild variant="outline" className="w-full">
          <a href={`/api/v1/auth/oauth/${encodeURIComponent(id)}/start?${query.toString()}`}>
            <KeyRound aria-hidden />
            {t('continueWith', { provider: name })}
          </a>
        </Button>
      ))}
    </div>
  );
}
