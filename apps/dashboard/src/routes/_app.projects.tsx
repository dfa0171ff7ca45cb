import { createFileRoute } from '@tanstack/react-router';
import { ProjectsPage } from '../features/projects/projects-page.tsx';
import { projectsSearch } from '../features/projects/projects-search.ts';

export const Route = createFileRoute('/_app/projects')({ validateSearch: projectsSearch, component: ProjectsPage });
