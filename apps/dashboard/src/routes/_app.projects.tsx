import { createFileRoute } from '@tanstack/react-router';
import { ProjectsPage } from '#features/projects/projects-page';
import { projectsSearch } from '#features/projects/projects-search';

export const Route = createFileRoute('/_app/projects')({ validateSearch: projectsSearch, component: ProjectsPage });
