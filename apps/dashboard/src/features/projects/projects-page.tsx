import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { quotaQuery } from '#features/billing/quota';
import { QuotaMeter } from '#features/billing/quota-meter';
import { useMay } from '#session/me';
import { Page } from '#shell/page';
import { Button } from '#ui/button';
import { Card } from '#ui/card';
import { ProjectDialog } from './project-dialog.tsx';
import { ProjectDrawer } from './project-drawer.tsx';
import { ProjectsList } from './projects-list.tsx';
import { useProjectsSearch } from './use-projects-search.ts';

/** The projects of the organization. */
export function ProjectsPage() {
  // Loads the texts of the meter as well: loading them later would show the placeholder of the page again.
  const { t } = useTranslation(['projects', 'billing']);
  const may = useMay();
  const [search, change] = useProjectsSearch();
  const { data: quota } = useQuery(quotaQuery);
  const full = quota !== undefined && quota.projects.used >= quota.projects.limit;
  const create = may('project:create') ? (
    <Button disabled={full} onClick={() => change({ create: true })}>
      <Plus aria-hidden />
      {t('create')}
    </Button>
  ) : null;
  return (
    <Page title={t('title')} description={t('description')} actions={create}>
      {quota ? (
        <Card className="py-4">
          <QuotaMeter
            label={t('quota')}
            used={quota.projects.used}
            limit={quota.projects.limit}
            hint={t(full ? 'quotaFull' : 'quotaHint')}
          />
        </Card>
      ) : null}
      <Card className="p-0">
        <ProjectsList create={create} />
      </Card>
      <ProjectDrawer id={search.id} onClose={() => change({ id: undefined })} />
      {create ? (
        <ProjectDialog
          open={search.create === true && !full}
          onOpenChange={(open) => change({ create: open || undefined })}
        />
      ) : null}
    </Page>
  );
}
