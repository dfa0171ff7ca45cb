import { useTranslation } from 'react-i18next';
import { Page } from '../../shell/page.tsx';

export function AnalyticsPage() {
  const { t } = useTranslation('analytics');
  return <Page title={t('title')}>{null}</Page>;
}
