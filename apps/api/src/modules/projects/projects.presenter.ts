import type { Project } from '@coditect/contracts/projects';
import type { ProjectRow } from './projects.service.js';

export function presentProject(project: ProjectRow): Project {
  return {
    id: project.id,
    name: project.name,
    description: project.description,
    status: project.status,
    owner: { id: project.owner.id, email: project.owner.email, name: project.owner.name },
    archived_at: project.archivedAt?.toISOString() ?? null,
    version: project.version,
    created_at: project.createdAt.toISOString(),
    updated_at: project.updatedAt.toISOString(),
  };
}
