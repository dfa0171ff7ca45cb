import { Archive, ArchiveRestore, Ellipsis, Pencil, Trash2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useProblemText } from '#i18n/problem-text';
import { useMay } from '#session/me';
import { Button } from '#ui/button';
import { ConfirmDialog } from '#ui/confirm-dialog';
import { Menu, MenuItem, MenuSeparator } from '#ui/menu';
import { toast } from '#ui/toast';
import { useMayChange } from './project-access.ts';
import { useArchiveProject, useDeleteProject, useRestoreProject } from './project-changes.ts';
import { ProjectDialog } from './project-dialog.tsx';
import type { Project } from './projects-queries.ts';

interface ProjectMenuProps {
  project: Project;
  trigger?: ReactNode;
  onDeleted?: () => void;
}

/** Actions for one project. Renders nothing without permission. */
export function ProjectMenu({ project, trigger, onDeleted }: ProjectMenuProps) {
  const { t } = useTranslation('projects');
  const { t: common } = useTranslation();
  const may = useMay();
  const mayChange = useMayChange();
  const problemText = useProblemText();
  const [archive, restore, remove] = [useArchiveProject(), useRestoreProject(), useDeleteProject()];
  const [shown, setShown] = useState<'edit' | 'delete'>();
  const { name, status } = project;

  if (!mayChange(project)) return null;
  const refused = (error: unknown) => toast({ text: problemText(error), tone: 'danger' });
  const putBack = (archived: Project) =>
    restore.mutateAsync(archived).then(() => toast({ text: t('done.restored', { name }) }), refused);
  const putAway = () =>
    archive.mutateAsync(project).then(
      (archived) =>
        toast({
          text: t('done.archived', { name }),
          action: { label: t('undo'), onClick: () => void putBack(archived) },
        }),
      refused,
    );
  const deleteForGood = async () => {
    await remove.mutateAsync(project);
    toast({ text: t('done.deleted', { name }) });
    onDeleted?.();
  };
  return (
    <>
      <Menu
        trigger={
          trigger ?? (
            <Button variant="ghost" size="icon" aria-label={t('menu.of', { name })}>
              <Ellipsis aria-hidden />
            </Button>
          )
        }
      >
        {status === 'active' ? (
          <>
            <MenuItem onSelect={() => setShown('edit')}>
              <Pencil aria-hidden />
              {common('edit')}
            </MenuItem>
            <MenuItem onSelect={() => void putAway()}>
              <Archive aria-hidden />
              {t('menu.archive')}
            </MenuItem>
          </>
        ) : (
          <MenuItem onSelect={() => void putBack(project)}>
            <ArchiveRestore aria-hidden />
            {t('menu.restore')}
          </MenuItem>
        )}
        {may('project:manage') ? (
          <>
            <MenuSeparator />
            <MenuItem danger onSelect={() => setShown('delete')}>
              <Trash2 aria-hidden />
              {t('menu.delete')}
            </MenuItem>
          </>
        ) : null}
      </Menu>
      <ProjectDialog open={shown === 'edit'} onOpenChange={() => setShown(undefined)} project={project} />
      <ConfirmDialog
        open={shown === 'delete'}
        onOpenChange={() => setShown(undefined)}
        title={t('delete.title', { name })}
        description={t('delete.text')}
        action={t('delete.action')}
        danger
        phrase={name}
        onConfirm={deleteForGood}
      />
    </>
  );
}
