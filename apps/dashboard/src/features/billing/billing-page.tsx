import { useTranslation } from 'react-i18next';
import { Page } from '../../shell/page.tsx';

export function BillingPage() {
  const { t } = useTranslation('billing');
  return <Page title={t('title')}>{null}</Page>;
}
