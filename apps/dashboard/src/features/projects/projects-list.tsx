import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Archive, FolderKanban, SearchX } from 'lucide-react';
import { type ReactNode, useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '#i18n/format';
import { oneOf } from '#shell/search-params';
import { Button } from '#ui/button';
import { Field } from '#ui/field';
import { Select } from '#ui/input';
import { ListFrame } from '#ui/list-frame';
import { PAGE_ROWS } from '#ui/page-rows';
import { SearchBox } from '#ui/search-box';
import { SortTh } from '#ui/sort-th';
import { EmptyState } from '#ui/states';
import { Table, TableHead, Td, Th, Tr } from '#ui/table';
import { ProjectMenu } from './project-menu.tsx';
import { ProjectStatusBadge } from './project-status-badge.tsx';
import { type Project, projectsQuery } from './projects-queries.ts';
import { orderings, statusFilters } from './projects-search.ts';
import { useProjectsSearch } from './use-projects-search.ts';

/** @param create button shown when there are no projects yet */
export function ProjectsList({ create }: { create: ReactNode }) {
  const { t } = useTranslation('projects');
  const [search, change] = useProjectsSearch();
  const list = useQuery(projectsQuery(search));
  const find = useCallback((text: string) => change({ search: text || undefined }), [change]);
  return (
    <>
      <div className="flex flex-wrap gap-2 border-b px-5 py-3">
        <SearchBox label={t('search')} value={search.search ?? ''} onChange={find} />
        <Field label={t('column.status')} hideLabel>
          <Select
            className="w-auto"
            value={search.status ?? 'active'}
            onChange={({ target }) => change({ status: oneOf(statusFilters, target.value) })}
          >
            <option value="active">{t('status.active')}</option>
            <option value="archived">{t('status.archived')}</option>
            <option value="all">{t('status.all')}</option>
          </Select>
        </Field>
      </div>
      <ListFrame
        title={t('title')}
        query={list}
        limit={PAGE_ROWS}
        offset={search.offset}
        onOffset={(offset) => change({ offset })}
        empty={<Nothing create={create} />}
        found={(count) => t('found', { count })}
      >
        {(projects) => <Rows projects={projects} />}
      </ListFrame>
    </>
  );
}

function Rows({ projects }: { projects: readonly Project[] }) {
  const { t } = useTranslation('projects');
  const { relative, dateTime, date } = useFormat();
  const [{ ordering = '-updated_at' }, change] = useProjectsSearch();
  const sort = (field: string) => ({
    field,
    ordering,
    onChange: (next: string) => change({ ordering: oneOf(orderings, next) }),
  });
  return (
    <Table label={t('title')}>
      <TableHead>
        <SortTh {...sort('name')}>{t('column.name')}</SortTh>
        <Th>{t('column.status')}</Th>
        <Th>{t('column.owner')}</Th>
        <SortTh {...sort('created_at')}>{t('column.created')}</SortTh>
        <SortTh {...sort('updated_at')}>{t('column.updated')}</SortTh>
        <Th>
          <span className="sr-only">{t('column.actions')}</span>
        </Th>
      </TableHead>
      <tbody>
        {projects.map((project) => (
          <Tr key={project.id}>
            <Td className="max-w-96 min-w-48">
              <Link
                from="/projects"
                to="/projects"
                search={(now) => ({ ...now, id: project.id })}
                resetScroll={false}
                className="inline-block min-h-6 font-medium break-words hover:underline"
              >
                {project.name}
              </Link>
              {project.description ? (
                <p className="truncate text-xs text-muted-foreground">{project.description}</p>
              ) : null}
            </Td>
            <Td>
              <ProjectStatusBadge status={project.status} />
            </Td>
            <Td className="whitespace-nowrap">{project.owner.name || project.owner.email}</Td>
            <Td className="whitespace-nowrap text-muted-foreground">{date(project.created_at)}</Td>
            <Td className="whitespace-nowrap text-muted-foreground">
              <time dateTime={project.updated_at} title={dateTime(project.updated_at)}>
                {relative(project.updated_at)}
              </time>
            </Td>
            <Td className="py-1 text-right">
              <ProjectMenu project={project} />
            </Td>
          </Tr>
        ))}
      </tbody>
    </Table>
  );
}

function Nothing({ create }: { create: ReactNode }) {
  const { t } = useTranslation('projects');
  const [{ search, status }, change] = useProjectsSearch();
  if (search)
    return (
      <EmptyState
        icon={SearchX}
        title={t('empty.notFound')}
        action={
          <Button variant="outline" onClick={() => change({ search: undefined, status: undefined })}>
            {t('empty.clear')}
          </Button>
        }
      />
    );
  if (status === 'archived')
    return (
      <EmptyState icon={Archive} title={t('empty.noneArchived')}>
        {t('empty.archivedText')}
      </EmptyState>
    );
  return (
    <EmptyState icon={FolderKanban} title={t('empty.none')} action={create}>
      {t('empty.text')}
    </EmptyState>
  );
}
