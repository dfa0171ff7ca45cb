import { useMay, useMe } from '#session/me';
import type { Project } from './projects-queries.ts';

/** Who may change a project: its owner, or a manager. */
export function useMayChange(): (project: Project) => boolean {
  const me = useMe();
  const may = useMay();
  return (project) => may('project:manage') || (may('project:update') && project.owner.id === me.id);
}
