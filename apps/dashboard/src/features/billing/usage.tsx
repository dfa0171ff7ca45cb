import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useFormat } from '#i18n/format';
import { useRefetchInterval } from '#live/live-updates';
import { ErrorState, LoadingRows } from '#ui/states';
import { QuotaMeter } from './quota-meter.tsx';
import { quotaQuery } from './quota.ts';

/** The quotas of seats, users and projects. */
export function Usage() {
  const { t } = useTranslation('billing');
  const { number } = useFormat();
  const { data, error, refetch } = useQuery({ ...quotaQuery, refetchInterval: useRefetchInterval() });
  if (error && !data) return <ErrorState what={t('usage')} error={error} onRetry={() => void refetch()} />;
  if (!data) return <LoadingRows rows={3} />;
  return (
    <div className="grid gap-6">
      {data.licenses.map(({ license_id, product, status, seats_total, seats_in_use }) => (
        <QuotaMeter
          key={license_id}
          label={t('seatsOf', { product })}
          used={seats_in_use}
          limit={seats_total}
          {...(status !== 'active' && { hint: t(`licenseStatus.${status}`) })}
        />
      ))}
      {data.licenses.length === 0 ? <p className="text-sm text-muted-foreground">{t('noLicenses')}</p> : null}
      <QuotaMeter
        label={t('users')}
        used={data.users.used}
        limit={data.users.limit}
        hint={t('usersHint', { count: data.users.pending_invitations, number: number(data.users.pending_invitations) })}
      />
      <QuotaMeter
        label={t('projects')}
        used={data.projects.used}
        limit={data.projects.limit}
        hint={t('projectsHint')}
      />
    </div>
  );
}
