import { createFileRoute } from '@tanstack/react-router';
import { AnalyticsPage } from '../features/analytics/analytics-page.tsx';
import { analyticsSearch } from '../features/analytics/analytics-search.ts';

export const Route = createFileRoute('/_app/analytics')({
  validateSearch: analyticsSearch,
  component: AnalyticsPage,
});
