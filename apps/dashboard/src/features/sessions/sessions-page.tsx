import { useTranslation } from 'react-i18next';
import { Page } from '../../shell/page.tsx';

export function SessionsPage() {
  const { t } = useTranslation('sessions');
  return <Page title={t('title')}>{null}</Page>;
}
