import { useTranslation } from 'react-i18next';
import { Page } from '../../shell/page.tsx';

export function WebhookPage() {
  const { t } = useTranslation('developers');
  return <Page title={t('title')}>{null}</Page>;
}
