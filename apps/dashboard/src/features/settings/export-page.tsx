import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { type Formatters, useFormat } from '#i18n/format';
import { useMay } from '#session/me';
import { Page } from '#shell/page';
import { Card } from '#ui/card';
import { Detail, Details } from '#ui/drawer';
import { ErrorState, LoadingRows } from '#ui/states';
import { DownloadButton, ExportStatusBadge } from './export-parts.tsx';
import { type DataExport, exportQuery } from './settings-queries.ts';

const route = getRouteApi('/_app/settings/exports/$id');

/** One data export. The mail that says it is ready links here. */
export function ExportPage() {
  const { t } = useTranslation('settings');
  const may = useMay();
  const { id } = route.useParams();
  const mayExport = may('tenant:export');
  const { data, error, refetch } = useQuery({ ...exportQuery(id), enabled: mayExport });
  return (
    <Page
      title={t('exports.one')}
      description={t('exports.text')}
      actions={data?.status === 'ready' ? <DownloadButton of={data} primary /> : null}
    >
      <Card className="max-w-3xl">
        {!mayExport ? (
          <p className="text-sm text-muted-foreground">{t('exports.ownersOnly')}</p>
        ) : data ? (
          <ExportDetails of={data} />
        ) : error ? (
          <ErrorState what={t('exports.one')} error={error} onRetry={() => void refetch()} />
        ) : (
          <LoadingRows />
        )}
      </Card>
      <p className="text-sm">
        <Link to="/settings" className="text-link hover:underline">
          {t('exports.all')}
        </Link>
      </p>
    </Page>
  );
}

function ExportDetails({ of }: { of: DataExport }) {
  const { t } = useTranslation('settings');
  const format = useFormat();
  const { dateTime } = format;
  return (
    <div className="grid gap-4">
      <p role="status" className="text-sm">
        {t(`exports.explanation.${of.status}`)}
      </p>
      <Details>
        <Detail name={t('exports.statusName')}>
          <ExportStatusBadge status={of.status} />
        </Detail>
        <Detail name={t('exports.created')}>{dateTime(of.created_at)}</Detail>
        {of.completed_at ? <Detail name={t('exports.completed')}>{dateTime(of.completed_at)}</Detail> : null}
        {of.expires_at ? <Detail name={t('exports.expires')}>{dateTime(of.expires_at)}</Detail> : null}
        {of.size_bytes === null ? null : <Detail name={t('exports.size')}>{sizeText(of.size_bytes, format)}</Detail>}
        {of.sha256 ? (
          <Detail name="SHA-256">
            <code className="text-xs break-all">{of.sha256}</code>
          </Detail>
        ) : null}
      </Details>
    </div>
  );
}

/** Decimal units (IEC 80000-13). */
function sizeText(bytes: number, { number }: Formatters): string {
  if (bytes < 1000) return `${number(bytes)} B`;
  if (bytes < 1_000_000) return `${number(Math.round(bytes / 1000))} kB`;
  return `${number(Math.round(bytes / 100_000) / 10)} MB`;
}
