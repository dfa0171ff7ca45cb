import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { KeyRound } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '#i18n/format';
import { LiveBadge } from '#live/live-badge';
import { useRefetchInterval } from '#live/live-updates';
import { type License, licensesQuery } from '#seats/licenses-queries';
import { Page } from '#shell/page';
import { Badge } from '#ui/badge';
import { Card } from '#ui/card';
import { Meter } from '#ui/meter';
import { EmptyState, ErrorState, LoadingRows } from '#ui/states';
import { Table, TableHead, Td, Th, Tr } from '#ui/table';
import { LicenseBadge } from './license-badge.tsx';
import { VerifyLicense } from './verify-license.tsx';

/** The licenses of the organization. */
export function LicensesPage() {
  const { t } = useTranslation('licenses');
  const { data, error, refetch } = useQuery({ ...licensesQuery, refetchInterval: useRefetchInterval() });
  return (
    <Page title={t('title')} description={t('description')} actions={<LiveBadge />}>
      <Card className="p-0">
        {data ? (
          <LicenseRows licenses={data.results} />
        ) : error ? (
          <ErrorState what={t('title')} error={error} onRetry={() => void refetch()} />
        ) : (
          <LoadingRows rows={3} />
        )}
      </Card>
      <VerifyLicense />
    </Page>
  );
}

function LicenseRows({ licenses }: { licenses: License[] }) {
  const { t } = useTranslation('licenses');
  const { number, date } = useFormat();
  if (licenses.length === 0)
    return (
      <EmptyState icon={KeyRound} title={t('empty.title')}>
        {t('empty.text')}
      </EmptyState>
    );
  return (
    <Table label={t('title')} className="min-w-[52rem]">
      <TableHead>
        <Th>{t('columns.license')}</Th>
        <Th>{t('columns.status')}</Th>
        <Th>{t('columns.seats')}</Th>
        <Th>{t('columns.until')}</Th>
        <Th>{t('columns.features')}</Th>
      </TableHead>
      <tbody>
        {licenses.map((license) => (
          <Tr key={license.id}>
            <Td>
              <Link
                to="/licenses/$id"
                params={{ id: license.id }}
                className="font-medium text-link underline-offset-4 hover:underline"
              >
                {license.product} {license.plan_tier}
              </Link>
              <code className="block text-xs text-muted-foreground">{license.key}</code>
            </Td>
            <Td>
              <LicenseBadge license={license} />
            </Td>
            <Td className="w-48">
              <span className="tabular-nums">
                {t('seatsOf', { used: number(license.seats_in_use), total: number(license.seats_total) })}
              </span>
              <Meter
                label={t('columns.seats')}
                value={license.seats_in_use}
                max={license.seats_total}
                className="mt-1.5"
              />
            </Td>
            <Td className="whitespace-nowrap">
              {license.valid_until ? date(license.valid_until) : <span>{t('forever')}</span>}
            </Td>
            <Td>
              <span className="flex flex-wrap gap-1">
                {license.features.map((feature) => (
                  <Badge key={feature}>{feature}</Badge>
                ))}
              </span>
            </Td>
          </Tr>
        ))}
      </tbody>
    </Table>
  );
}
