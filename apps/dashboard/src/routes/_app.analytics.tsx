import { createFileRoute } from '@tanstack/react-router';
import { AnalyticsPage } from '#features/analytics/analytics-page';
import { analyticsSearch } from '#features/analytics/analytics-search';

export const Route = createFileRoute('/_app/analytics')({
  validateSearch: analyticsSearch,
  component: AnalyticsPage,
});
