import { useQuery } from '@tanstack/react-query';
import { Check } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Page } from '#shell/page';
import { siteLinks } from '#shell/site';
import { Card, CardHeader } from '#ui/card';
import { Skeleton } from '#ui/states';
import { quotaQuery } from './quota.ts';
import { Usage } from './usage.tsx';

const CONTACT = siteLinks.find(({ key }) => key === 'contact')?.href;

/** The plan, and how much of its quota is used. */
export function BillingPage() {
  const { t } = useTranslation('billing');
  return (
    <Page title={t('title')} description={t('description')}>
      <div className="grid grid-cols-1 items-start gap-6 lg:grid-cols-[20rem_minmax(0,1fr)]">
        <Plan />
        <Card>
          <CardHeader title={t('usage')} hint={t('usageHint')} />
          <Usage />
        </Card>
      </div>
    </Page>
  );
}

function Plan() {
  const { t } = useTranslation('billing');
  const { data } = useQuery(quotaQuery);
  return (
    <Card>
      <CardHeader title={t('plan')} />
      {data ? (
        <>
          <p className="text-3xl font-semibold tracking-tight">{t(`tier.${data.plan_tier}`)}</p>
          {data.features.length > 0 ? (
            <ul aria-label={t('includes')} className="mt-4 grid gap-2 text-sm">
              {data.features.map((feature) => (
                <li key={feature} className="flex items-center gap-2">
                  <Check className="size-4 shrink-0 text-success" aria-hidden />
                  {feature}
                </li>
              ))}
            </ul>
          ) : null}
        </>
      ) : (
        <Skeleton className="h-24" />
      )}
      <p className="mt-5 border-t pt-4 text-sm text-muted-foreground">
        {t('change')}{' '}
        <a href={CONTACT} className="text-link underline underline-offset-4">
          {t('contact')}
        </a>
      </p>
    </Card>
  );
}
