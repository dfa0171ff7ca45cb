import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useFormat } from '#i18n/format';
import { optionalText } from '#i18n/optional-text';
import { Card, CardHeader } from '#ui/card';
import { ErrorState, Skeleton } from '#ui/states';
import { denialsQuery, usageQuery } from './overview-queries.ts';
import { Sparkline } from './sparkline.tsx';

const more = 'text-sm text-link underline-offset-4 hover:underline';

/** Seats in use over the last seven days. */
export function TrendCard() {
  const { t } = useTranslation('overview');
  const { number } = useFormat();
  const { data, error, refetch } = useQuery(usageQuery());
  const series = data?.series ?? [];
  const peak = Math.max(0, ...series.map((point) => point.peak));
  return (
    <Card>
      <CardHeader
        title={t('trend.title')}
        hint={t('week')}
        actions={
          <Link to="/analytics" className={more}>
            {t('trend.more')}
          </Link>
        }
      />
      {data ? (
        series.length > 1 ? (
          <>
            <Sparkline
              label={t('trend.label', { peak: number(peak) })}
              points={series.map(({ starts_at, peak: value }) => ({ at: Date.parse(starts_at), value }))}
              limit={series.at(-1)?.seats_total ?? 0}
            />
            <p className="mt-2 text-sm text-muted-foreground tabular-nums">{t('trend.peak', { peak: number(peak) })}</p>
          </>
        ) : (
          <p className="text-sm text-muted-foreground">{t('trend.none')}</p>
        )
      ) : error ? (
        <ErrorState what={t('trend.title')} error={error} onRetry={() => void refetch()} />
      ) : (
        <Skeleton className="h-16" />
      )}
    </Card>
  );
}

/** Refused acquires of the last seven days, and why. */
export function DenialsCard() {
  const { t } = useTranslation('overview');
  const { number } = useFormat();
  const { data, error, refetch } = useQuery(denialsQuery());
  const reason = (code: string) => optionalText('overview', `reasons.${code}`) ?? code;
  return (
    <Card>
      <CardHeader
        title={t('denials.title')}
        hint={t('week')}
        actions={
          <Link to="/analytics" className={more}>
            {t('trend.more')}
          </Link>
        }
      />
      {data ? (
        <>
          <p className="text-3xl font-semibold tabular-nums">{number(data.denials)}</p>
          {data.denials === 0 ? (
            <p className="mt-1 text-sm text-muted-foreground">{t('denials.none')}</p>
          ) : (
            <ul className="mt-2 grid gap-1 text-sm text-muted-foreground">
              {data.by_reason.slice(0, 3).map((one) => (
                <li key={one.reason} className="flex justify-between gap-3">
                  <span>{reason(one.reason)}</span>
                  <span className="tabular-nums">{number(one.denials)}</span>
                </li>
              ))}
            </ul>
          )}
        </>
      ) : error ? (
        <ErrorState what={t('denials.title')} error={error} onRetry={() => void refetch()} />
      ) : (
        <Skeleton className="h-16" />
      )}
    </Card>
  );
}
