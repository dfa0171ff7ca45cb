import { useTranslation } from 'react-i18next';
import { Badge } from '#ui/badge';
import type { Project } from './projects-queries.ts';

export function ProjectStatusBadge({ status }: Pick<Project, 'status'>) {
  const { t } = useTranslation('projects');
  return <Badge tone={status === 'active' ? 'success' : 'neutral'}>{t(`status.${status}`)}</Badge>;
}
