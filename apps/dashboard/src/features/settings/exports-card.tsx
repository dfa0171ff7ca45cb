import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useFormat } from '#i18n/format';
import { useProblemText } from '#i18n/problem-text';
import { Button } from '#ui/button';
import { Card, CardHeader } from '#ui/card';
import { ErrorState, LoadingRows } from '#ui/states';
import { toast } from '#ui/toast';
import { DownloadButton, ExportStatusBadge } from './export-parts.tsx';
import { useRequestExport } from './settings-changes.ts';
import { exportsQuery } from './settings-queries.ts';

/** Requests an export of all data of the organization, and lists the recent ones. */
export function ExportsCard() {
  const { t } = useTranslation('settings');
  const { dateTime } = useFormat();
  const problemText = useProblemText();
  const request = useRequestExport();
  const { data, error, refetch } = useQuery(exportsQuery);
  const ask = () =>
    request.mutateAsync().then(
      () => toast({ text: t('exports.requested') }),
      (refusal: unknown) => toast({ text: problemText(refusal), tone: 'danger' }),
    );
  return (
    <Card>
      <CardHeader
        title={t('exports.title')}
        hint={t('exports.text')}
        actions={
          <Button variant="outline" busy={request.isPending} onClick={() => void ask()}>
            {t('exports.request')}
          </Button>
        }
      />
      {data ? (
        <ul className="divide-y">
          {data.results.map((one) => (
            <li key={one.id} className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3 text-sm last:pb-0">
              <Link
                to="/settings/exports/$id"
                params={{ id: one.id }}
                className="inline-flex min-h-6 items-center font-medium hover:underline"
              >
                {dateTime(one.created_at)}
              </Link>
              <ExportStatusBadge status={one.status} />
              <span className="ml-auto">{one.status === 'ready' ? <DownloadButton of={one} /> : null}</span>
            </li>
          ))}
          {data.results.length === 0 ? <li className="text-sm text-muted-foreground">{t('exports.none')}</li> : null}
        </ul>
      ) : error ? (
        <ErrorState what={t('exports.title')} error={error} onRetry={() => void refetch()} />
      ) : (
        <LoadingRows rows={2} />
      )}
    </Card>
  );
}
