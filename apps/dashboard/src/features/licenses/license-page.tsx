import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '#i18n/format';
import { LiveBadge } from '#live/live-badge';
import { useRefetchInterval } from '#live/live-updates';
import { isFull } from '#seats/license-state';
import { type License, licenseQuery } from '#seats/licenses-queries';
import { ownSessionsQuery } from '#seats/sessions-queries';
import { useMay, useMe } from '#session/me';
import { Page } from '#shell/page';
import { PageLoading } from '#shell/page-states';
import { Badge } from '#ui/badge';
import { Card, CardHeader } from '#ui/card';
import { CopyButton } from '#ui/copy-button';
import { Meter } from '#ui/meter';
import { ErrorState } from '#ui/states';
import { duration } from './duration.ts';
import { Holders } from './holders.tsx';
import { LicenseBadge } from './license-badge.tsx';
import { NoSeats } from './no-seats.tsx';
import { QuickStart } from './quick-start.tsx';
import { SignedLicenses } from './signed-licenses.tsx';

const route = getRouteApi('/_app/licenses/$id');

/** One license: what it grants, who holds its seats, and how to take one. */
export function LicensePage() {
  const { t } = useTranslation('licenses');
  const { id } = route.useParams();
  const { data: license, error, refetch } = useQuery({ ...licenseQuery(id), refetchInterval: useRefetchInterval() });
  if (!license)
    return (
      <Page title={t('one')}>
        {error ? <ErrorState what={t('one')} error={error} onRetry={() => void refetch()} /> : <PageLoading />}
      </Page>
    );
  return (
    <Page
      title={`${license.product} ${license.plan_tier}`}
      description={
        <Link to="/licenses" className="underline-offset-4 hover:underline">
          {t('all')}
        </Link>
      }
      actions={<LiveBadge />}
    >
      {isFull(license) ? <NoSeats license={license} /> : null}
      <div className="grid grid-cols-1 items-start gap-6 xl:grid-cols-2">
        <Facts license={license} />
        <Holders license={license} />
        <Own license={license} />
      </div>
    </Page>
  );
}

function Facts({ license }: { license: License }) {
  const { t, i18n } = useTranslation('licenses');
  const { number, date } = useFormat();
  const words = (seconds: number) => duration(seconds, i18n.language);
  return (
    <Card>
      <CardHeader title={t('facts')} actions={<LicenseBadge license={license} />} />
      <p className="text-3xl font-semibold tabular-nums">
        {number(license.seats_in_use)}
        <span className="text-base font-normal text-muted-foreground">
          {' '}
          {t('ofSeats', { count: license.seats_total, total: number(license.seats_total) })}
        </span>
      </p>
      <Meter label={t('columns.seats')} value={license.seats_in_use} max={license.seats_total} className="mt-3" />
      <dl className="mt-5 grid gap-x-6 gap-y-4 text-sm sm:grid-cols-2">
        <Fact name={t('key')}>
          <span className="flex items-center gap-1">
            <code className="min-w-0 text-xs break-all">{license.key}</code>
            <CopyButton text={license.key} />
          </span>
        </Fact>
        <Fact name={t('validity')}>
          {license.valid_until
            ? t('fromTo', { from: date(license.valid_from), to: date(license.valid_until) })
            : t('fromOn', { from: date(license.valid_from) })}
        </Fact>
        <Fact name={t('lease')}>{t('leaseText', { time: words(license.lease_seconds) })}</Fact>
        <Fact name={t('session')}>{t('sessionText', { time: words(license.session_seconds) })}</Fact>
        <Fact name={t('columns.features')}>
          <span className="flex flex-wrap gap-1">
            {license.features.length > 0
              ? license.features.map((feature) => <Badge key={feature}>{feature}</Badge>)
              : t('noFeatures')}
          </span>
        </Fact>
      </dl>
    </Card>
  );
}

const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <div>
    <dt className="text-xs text-muted-foreground">{name}</dt>
    <dd className="mt-0.5">{children}</dd>
  </div>
);

/** Shows users who can take a seat how to take one, and the signed licenses of the seats they hold. */
function Own({ license }: { license: License }) {
  const { t } = useTranslation('licenses');
  const may = useMay();
  const me = useMe();
  const { data } = useQuery({ ...ownSessionsQuery(me.id, license.id), refetchInterval: useRefetchInterval() });
  if (!may('license_session:acquire')) return null;
  return (
    <>
      <Card>
        <CardHeader title={t('quickStart.title')} hint={t('quickStart.hint')} />
        <QuickStart licenseKey={license.key} />
      </Card>
      <SignedLicenses sessions={data?.results ?? []} />
    </>
  );
}
