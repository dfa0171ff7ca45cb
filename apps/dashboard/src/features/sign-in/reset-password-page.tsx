import { useTranslation } from 'react-i18next';
import { Page } from '../../shell/page.tsx';

export function ResetPasswordPage() {
  const { t } = useTranslation('sign-in');
  return <Page title={t('title')}>{null}</Page>;
}
