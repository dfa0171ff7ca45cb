import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Card } from '#ui/card';
import { ErrorState, Skeleton } from '#ui/states';

/** Renders the data of a query, or a card that shows loading or the error. */
export function Answer<Data>({
  query,
  children,
}: {
  query: UseQueryResult<Data>;
  children: (data: Data) => ReactNode;
}) {
  const { t } = useTranslation();
  if (query.isPending)
    return (
      <div role="status" aria-label={t('loading')}>
        <Skeleton className="h-96" />
      </div>
    );
  if (query.isError)
    return (
      <Card>
        <ErrorState error={query.error} onRetry={() => void query.refetch()} />
      </Card>
    );
  return (
    <div className={query.isPlaceholderData ? 'opacity-60 transition-opacity' : 'contents'}>{children(query.data)}</div>
  );
}
