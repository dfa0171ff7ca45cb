import { useMay, useMe } from '#session/me';
import type { Project } from './projects-queries.ts';

/** Owners of a project and managers can change it. */
export function useMayChange(): (project: Project) => boolean {
  const me = useMe();
  const may = useMay();
  return (project) => may('project:manage') || (may('project:update') && project.owner.id === me.id);
}
