import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Usage } from '#features/billing/usage';
import { useMay } from '#session/me';
import { Page } from '#shell/page';
import { PageLoading } from '#shell/page-states';
import { Card, CardHeader } from '#ui/card';
import { ErrorState } from '#ui/states';
import { ClosedBanner } from './closed-banner.tsx';
import { DangerZone } from './danger-zone.tsx';
import { ExportsCard } from './exports-card.tsx';
import { OrganizationForm } from './organization-form.tsx';
import { SecondFactorCard } from './second-factor-card.tsx';
import { tenantQuery } from './settings-queries.ts';

/** Organization-wide settings. */
export function SettingsPage() {
  // Loads the texts of the meters as well: loading them later would show the placeholder of the page again.
  const { t } = useTranslation(['settings', 'billing']);
  const may = useMay();
  const { data: tenant, error, refetch } = useQuery(tenantQuery);
  if (!tenant)
    return error ? <ErrorState what={t('title')} error={error} onRetry={() => void refetch()} /> : <PageLoading />;
  return (
    <Page title={t('title')} description={t(may('tenant:update') ? 'description' : 'readOnly')}>
      {tenant.status === 'closed' ? <ClosedBanner tenant={tenant} /> : null}
      <div className="grid max-w-3xl grid-cols-1 gap-6">
        <OrganizationForm tenant={tenant} />
        <SecondFactorCard tenant={tenant} />
        <Card>
          <CardHeader title={t('usage')} />
          <Usage />
        </Card>
        {may('tenant:export') ? <ExportsCard /> : null}
        {may('tenant:delete') && tenant.status === 'active' ? <DangerZone tenant={tenant} /> : null}
      </div>
    </Page>
  );
}
