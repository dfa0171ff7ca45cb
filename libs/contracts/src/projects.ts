import { z } from 'zod';
import { displayName, Id, PageQuery, pageOf, SearchText, STORABLE_TEXT, Timestamp } from './common.js';
import { MAX_PROJECT_DESCRIPTION_LENGTH, MAX_PROJECT_NAME_LENGTH, projectStatuses } from './names.js';

const Name = displayName(MAX_PROJECT_NAME_LENGTH);
const Description = z
  .string()
  .max(MAX_PROJECT_DESCRIPTION_LENGTH)
  .regex(STORABLE_TEXT, 'must not contain NUL or half a surrogate pair');

const OWNER = { id: '019a5f6e-1c2b-7d3e-8f40-5a6b7c8d9e0f', email: 'ada@acme.test', name: 'Ada Lovelace' };

/** The caller becomes the owner. Names need not be unique. */
export const CreateProjectRequest = z.strictObject({ name: Name, description: Description.default('') }).meta({
  id: 'CreateProjectRequest',
  examples: [{ name: 'Flight software', description: 'Guidance, navigation and control' }],
});
export type CreateProjectRequest = z.infer<typeof CreateProjectRequest>;

export const UpdateProjectRequest = z
  .strictObject({
    name: Name.optional(),
    description: Description.optional(),
    owner_id: Id.optional().meta({ description: 'The new owner: an active user of the tenant. Needs project:manage' }),
  })
  .meta({ id: 'UpdateProjectRequest', examples: [{ name: 'Flight software 2' }, { owner_id: OWNER.id }] });
export type UpdateProjectRequest = z.infer<typeof UpdateProjectRequest>;

export const Project = z
  .object({
    id: Id,
    name: z.string(),
    description: z.string(),
    status: z.enum(projectStatuses),
    owner: z.object({ id: Id, email: z.string(), name: z.string() }),
    archived_at: Timestamp.nullable(),
    version: z.int().meta({ description: 'Increases with every change. The ETag is made from it' }),
    created_at: Timestamp,
    updated_at: Timestamp,
  })
  .meta({
    id: 'Project',
    examples: [
      {
        id: '019a5f70-9b1e-7c44-a1d2-3e4f5a6b7c8d',
        name: 'Flight software',
        description: 'Guidance, navigation and control',
        status: 'active',
        owner: OWNER,
        archived_at: null,
        version: 1,
        created_at: '2026-11-22T09:30:00.000Z',
        updated_at: '2026-11-22T09:30:00.000Z',
      },
    ],
  });
export type Project = z.infer<typeof Project>;

export const ProjectPage = pageOf(Project, 'ProjectPage');
export const ProjectQuery = PageQuery.extend({
  search: SearchText.optional().meta({ description: 'Part of the name or the description. Case does not matter' }),
  status: z.enum(projectStatuses).optional(),
  owner_id: Id.optional(),
  ordering: z.enum(['name', '-name', 'created_at', '-created_at', 'updated_at', '-updated_at']).default('-created_at'),
});
export type ProjectQuery = z.infer<typeof ProjectQuery>;
