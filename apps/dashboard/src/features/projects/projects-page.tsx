import { useTranslation } from 'react-i18next';
import { Page } from '../../shell/page.tsx';

export function ProjectsPage() {
  const { t } = useTranslation('projects');
  return <Page title={t('title')}>{null}</Page>;
}
