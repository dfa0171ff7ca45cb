import { useTranslation } from 'react-i18next';
import { Page } from '../../shell/page.tsx';

export function LicensePage() {
  const { t } = useTranslation('licenses');
  return <Page title={t('title')}>{null}</Page>;
}
