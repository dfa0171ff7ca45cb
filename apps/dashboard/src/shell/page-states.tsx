import { Link, useRouter } from '@tanstack/react-router';
import { FileQuestion } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Button } from '#ui/button';
import { EmptyState, ErrorState, Skeleton } from '#ui/states';

/** Shown while a page loads. */
export function PageLoading() {
  const { t } = useTranslation();
  return (
    <div role="status" aria-label={t('loading')} className="grid gap-6">
      <Skeleton className="h-9 w-48" />
      <Skeleton className="h-40" />
      <Skeleton className="h-64" />
    </div>
  );
}

/** Shown when a page could not be loaded. */
export function PageError({ error }: { error: unknown }) {
  const router = useRouter();
  return <ErrorState error={error} onRetry={() => void router.invalidate()} />;
}

export function PageNotFound() {
  const { t } = useTranslation();
  return (
    <EmptyState
      icon={FileQuestion}
      title={t('notFound.title')}
      action={
        <Button asChild>
          <Link to="/">{t('notFound.home')}</Link>
        </Button>
      }
    >
      {t('notFound.text')}
    </EmptyState>
  );
}
