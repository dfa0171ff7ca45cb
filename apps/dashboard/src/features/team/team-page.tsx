import { useTranslation } from 'react-i18next';
import { Page } from '../../shell/page.tsx';

export function TeamPage() {
  const { t } = useTranslation('team');
  return <Page title={t('title')}>{null}</Page>;
}
