import { answerOf } from '@coditect/api-client/api-client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, type Message } from '#session/api';
import { useIdempotent } from '#session/idempotency-key';
import type { Project } from './projects-queries.ts';

const of = ({ id, version }: Project) => ({ path: { id }, header: { 'If-Match': `"v${version}"` } });

export function useCreateProject() {
  const idempotent = useIdempotent();
  return useProjectChange((body: Message['CreateProjectRequest']) =>
    idempotent((key) =>
      answerOf(api.POST('/api/v1/projects', { params: { header: { 'Idempotency-Key': key } }, body })),
    ),
  );
}
export function useUpdateProject() {
  return useProjectChange(({ project, ...body }: Message['UpdateProjectRequest'] & { project: Project }) =>
    answerOf(api.PATCH('/api/v1/projects/{id}', { params: of(project), body })),
  );
}
export function useArchiveProject() {
  return useProjectChange((project: Project) =>
    answerOf(api.POST('/api/v1/projects/{id}/archive', { params: of(project) })),
  );
}
export function useRestoreProject() {
  return useProjectChange((project: Project) =>
    answerOf(api.POST('/api/v1/projects/{id}/restore', { params: of(project) })),
  );
}
export function useDeleteProject() {
  return useProjectChange((project: Project) => answerOf(api.DELETE('/api/v1/projects/{id}', { params: of(project) })));
}

function useProjectChange<Wanted, Answer>(change: (wanted: Wanted) => Promise<Answer>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () =>
      Promise.all(['projects', 'quota'].map((resource) => client.invalidateQueries({ queryKey: [resource] }))),
  });
}
