import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { KeyRound } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Page } from '#shell/page';
import { Card } from '#ui/card';
import { EmptyState } from '#ui/states';
import { viewLink } from '#ui/view-link';
import { AnalyticsFilters } from './analytics-filters.tsx';
import { licensesQuery } from './analytics-queries.ts';
import { analyticsSearch, views } from './analytics-search.ts';
import { useAnalyticsSearch, usePlannedLicense } from './analytics-state.ts';
import { Answer } from './answer.tsx';
import { DenialsSection } from './denials-section.tsx';
import { ForecastSection } from './forecast-section.tsx';
import { HeatmapSection } from './heatmap-section.tsx';
import { UsageSection } from './usage-section.tsx';
import { WhatIfSection } from './what-if-section.tsx';

/** Usage, denials and planning, each as a view of its own. */
export function AnalyticsPage() {
  const { t } = useTranslation('analytics');
  const [{ view = 'usage' }] = useAnalyticsSearch();
  return (
    <Page title={t('title')} description={t('description')}>
      <Views />
      <AnalyticsFilters />
      {view === 'usage' ? (
        <>
          <UsageSection />
          <HeatmapSection />
        </>
      ) : view === 'denials' ? (
        <DenialsSection />
      ) : (
        <Planning />
      )}
    </Page>
  );
}

/** Links, so that each view can be bookmarked and shared. */
function Views() {
  const { t } = useTranslation('analytics');
  const [{ view: open = 'usage' }] = useAnalyticsSearch();
  return (
    <nav aria-label={t('views.label')} className="flex gap-1 border-b">
      {views.map((view) => (
        <Link
          key={view}
          to="/analytics"
          search={(before) => analyticsSearch({ ...before, view: view === 'usage' ? undefined : view })}
          aria-current={view === open ? 'page' : undefined}
          activeOptions={{ exact: true }}
          resetScroll={false}
          className={viewLink}
        >
          {t(`views.${view}`)}
        </Link>
      ))}
    </nav>
  );
}

function Planning() {
  const { t } = useTranslation('analytics');
  const license = usePlannedLicense();
  return (
    <Answer query={useQuery(licensesQuery)}>
      {() =>
        license ? (
          <>
            <ForecastSection license={license} />
            <WhatIfSection license={license} />
          </>
        ) : (
          <Card>
            <EmptyState icon={KeyRound} title={t('forecast.noLicense')}>
              {t('forecast.noLicenseText')}
            </EmptyState>
          </Card>
        )
      }
    </Answer>
  );
}
