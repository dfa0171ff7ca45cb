import { useQuery } from '@tanstack/react-query';
import { ChevronDown } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '#i18n/format';
import { Button } from '#ui/button';
import { CopyButton } from '#ui/copy-button';
import { Detail, Details, Drawer } from '#ui/drawer';
import { ErrorState, LoadingRows } from '#ui/states';
import { ProjectMenu } from './project-menu.tsx';
import { ProjectStatusBadge } from './project-status-badge.tsx';
import { type Project, projectQuery } from './projects-queries.ts';

/** Details of one project. @param id of the project; undefined keeps the drawer closed */
export function ProjectDrawer({ id, onClose }: { id: string | undefined; onClose: () => void }) {
  const { t } = useTranslation('projects');
  const { data, error, refetch } = useQuery({ ...projectQuery(id ?? ''), enabled: id !== undefined });
  return (
    <Drawer open={id !== undefined} onClose={onClose} title={data?.name ?? t('project')}>
      {data ? (
        <ProjectDetails project={data} onDeleted={onClose} />
      ) : error ? (
        <ErrorState what={t('project')} error={error} onRetry={() => void refetch()} />
      ) : (
        <LoadingRows />
      )}
    </Drawer>
  );
}

function ProjectDetails({ project, onDeleted }: { project: Project; onDeleted: () => void }) {
  const { t } = useTranslation('projects');
  const { dateTime } = useFormat();
  return (
    <>
      {project.description ? <p className="text-sm break-words whitespace-pre-wrap">{project.description}</p> : null}
      <Details>
        <Detail name={t('column.status')}>
          <ProjectStatusBadge status={project.status} />
        </Detail>
        <Detail name={t('column.owner')}>
          {project.owner.name}
          <span className="block text-xs break-all text-muted-foreground">{project.owner.email}</span>
        </Detail>
        <Detail name={t('column.created')}>{dateTime(project.created_at)}</Detail>
        <Detail name={t('column.updated')}>{dateTime(project.updated_at)}</Detail>
        {project.archived_at ? <Detail name={t('archivedAt')}>{dateTime(project.archived_at)}</Detail> : null}
        <Detail name={t('id')}>
          <span className="flex items-center gap-1">
            <code className="text-xs break-all">{project.id}</code>
            <CopyButton text={project.id} />
          </span>
        </Detail>
      </Details>
      <div>
        <ProjectMenu
          project={project}
          onDeleted={onDeleted}
          trigger={
            <Button variant="outline">
              {t('menu.label')}
              <ChevronDown aria-hidden />
            </Button>
          }
        />
      </div>
    </>
  );
}
