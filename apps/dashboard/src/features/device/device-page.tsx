import { useTranslation } from 'react-i18next';
import { Page } from '../../shell/page.tsx';

export function DevicePage() {
  const { t } = useTranslation('device');
  return <Page title={t('title')}>{null}</Page>;
}
