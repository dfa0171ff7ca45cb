import { Injectable } from '@nestjs/common';
import type { CreateProjectRequest, ProjectQuery, UpdateProjectRequest } from '@coditect/contracts/projects';
import { Database, type Tx } from '@coditect/db/database';
import type { Prisma, Project, ProjectStatus } from '@coditect/db/generated/prisma/client';
import { changedFields } from '#modules/audit/changed-fields';
import { AuditService } from '#modules/audit/audit.service';
import { assertRoomFor, lockQuota } from '#modules/tenants/quotas/quotas';
import { Clock } from '#platform/clock';
import { orderBy } from '#platform/lists/paging';
import { mayDo } from '#platform/access/permissions';
import { checkVersion } from '#platform/versions/preconditions';
import { ProblemError } from '#platform/problems/problem';
import { currentRequest, currentTenant, currentUserId } from '#platform/request-context';
import { containsText } from '#platform/lists/search';
import { validationFailed } from '#platform/problems/validation';

/** A project with the fields of its owner that the API shows. */
export type ProjectRow = Project & { owner: { id: string; email: string; name: string } };

const include = { owner: { select: { id: true, email: true, name: true } } } as const;

/**
 * The projects of a tenant. All users see all projects. Only its owner, or a user with `project:manage`, may change
 * one. Locks are taken in the order quota, user, project, so that transactions do not deadlock.
 */
@Injectable()
export class ProjectsService {
  constructor(
    private readonly db: Database,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /** Returns a page of the projects that match the filters, and the count of all of them. */
  async list(query: ProjectQuery): Promise<{ count: number; rows: ProjectRow[] }> {
    const where: Prisma.ProjectWhereInput = {
      tenantId: currentTenant(),
      status: query.status,
      ownerId: query.owner_id,
      ...(query.search && {
        OR: [{ name: containsText(query.search) }, { description: containsText(query.search) }],
      }),
    };
    const [count, rows] = await Promise.all([
      this.db.tenant.project.count({ where }),
      this.db.tenant.project.findMany({
        where,
        include,
        orderBy: orderBy(query.ordering),
        take: query.limit,
        skip: query.offset,
      }),
    ]);
    return { count, rows };
  }

  /** @throws ProblemError project_not_found */
  async get(id: string): Promise<ProjectRow> {
    const tenantId = currentTenant();
    const project = await this.db.tenant.project.findUnique({ where: { tenantId_id: { tenantId, id } }, include });
    if (!project) throw new ProblemError('project_not_found');
    return project;
  }

  /** Creates a project that the caller owns.
   *  @throws ProblemError quota_exceeded, user_disabled */
  async create({ name, description }: CreateProjectRequest): Promise<ProjectRow> {
    const tenantId = currentTenant();
    const ownerId = currentUserId();
    return this.db.tenantTx(async (tx) => {
      await assertRoomFor(tx, tenantId, 'max_projects');
      if (!(await this.lockActiveUser(tx, ownerId))) throw new ProblemError('user_disabled');
      const now = this.clock.now();
      const project = await tx.project.create({
        data: { tenantId, ownerId, name, description, createdAt: now, updatedAt: now },
        include,
      });
      await this.record(tx, 'created', project.id, { after: { name, description, owner_id: ownerId } });
      return project;
    });
  }

  /** Changes the fields that differ. If none differs, writes nothing.
   *  @throws ProblemError project_not_found, forbidden, precondition_failed, project_archived, validation_failed */
  async update(id: string, request: UpdateProjectRequest): Promise<ProjectRow> {
    return this.db.tenantTx(async (tx) => {
      const ownerIsActive = request.owner_id === undefined || (await this.lockActiveUser(tx, request.owner_id));
      const project = await this.lock(tx, id);
      mayChange(project);
      if (request.owner_id !== undefined && !mayManage())
        throw needsManage('Giving a project to another owner needs project:manage.');
      checkVersion(project.version);
      if (project.status === 'archived')
        throw new ProblemError('project_archived', { detail: 'Restore the project first.' });
      const { before, after } = changes(project, request);
      if (Object.keys(after).length === 0) return project;
      if ('owner_id' in after && !ownerIsActive)
        throw validationFailed([
          { path: 'owner_id', message: 'must be an active user of the organization', code: 'user_not_found' },
        ]);
      const { name, description, owner_id: ownerId } = after;
      const changed = await this.write(tx, project, { name, description, ownerId });
      await this.record(tx, 'updated', id, { before, after });
      return changed;
    });
  }

  /** @throws ProblemError project_not_found, forbidden, precondition_failed */
  async archive(id: string): Promise<ProjectRow> {
    return this.db.tenantTx(async (tx) => {
      const project = await this.lock(tx, id);
      return this.changeStatus(tx, project, 'archived', () => Promise.resolve());
    });
  }

  /** @throws ProblemError project_not_found, forbidden, precondition_failed, quota_exceeded */
  async restore(id: string): Promise<ProjectRow> {
    const tenantId = currentTenant();
    return this.db.tenantTx(async (tx) => {
      // The quota is always locked before a project. The lock may turn out unneeded: only the locked project shows
      // whether it is archived, and so needs room in the quota.
      await lockQuota(tx, tenantId, 'max_projects');
      const project = await this.lock(tx, id);
      return this.changeStatus(tx, project, 'active', () => assertRoomFor(tx, tenantId, 'max_projects'));
    });
  }

  /** @throws ProblemError project_not_found, precondition_failed */
  async delete(id: string): Promise<void> {
    const tenantId = currentTenant();
    await this.db.tenantTx(async (tx) => {
      const { name, description, ownerId, status, version } = await this.lock(tx, id);
      checkVersion(version);
      await tx.project.delete({ where: { tenantId_id: { tenantId, id } } });
      await this.record(tx, 'deleted', id, { before: { name, description, owner_id: ownerId, status } });
    });
  }

  /** Changes the status. A project that has the status already stays unchanged, and `If-Match` is not checked: the
   *  request is fulfilled (RFC 9110, section 13.1.1). */
  private async changeStatus(
    tx: Tx,
    project: ProjectRow,
    status: ProjectStatus,
    assertRoom: () => Promise<void>,
  ): Promise<ProjectRow> {
    mayChange(project);
    if (project.status === status) return project;
    checkVersion(project.version);
    await assertRoom();
    const archivedAt = status === 'archived' ? this.clock.now() : null;
    const changed = await this.write(tx, project, { status, archivedAt });
    const verb = status === 'archived' ? 'archived' : 'restored';
    await this.record(tx, verb, project.id, { before: { status: project.status }, after: { status } });
    return changed;
  }

  /** Locks a project until the end of the transaction.
   *  @throws ProblemError project_not_found */
  private async lock(tx: Tx, id: string): Promise<ProjectRow> {
    const tenantId = currentTenant();
    await tx.$queryRaw`SELECT 1 FROM projects WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid FOR NO KEY UPDATE`;
    const project = await tx.project.findUnique({ where: { tenantId_id: { tenantId, id } }, include });
    if (!project) throw new ProblemError('project_not_found');
    return project;
  }

  /** Whether the id is of an active user of the tenant. Locks the user, so that it stays active until the end of the
   *  transaction. */
  private async lockActiveUser(tx: Tx, id: string): Promise<boolean> {
    const rows = await tx.$queryRaw<unknown[]>`
      SELECT 1 FROM users
      WHERE tenant_id = ${currentTenant()}::uuid AND id = ${id}::uuid AND status = 'active' FOR SHARE`;
    return rows.length === 1;
  }

  private async write(
    tx: Tx,
    { tenantId, id }: Project,
    data: Prisma.ProjectUncheckedUpdateInput,
  ): Promise<ProjectRow> {
    return tx.project.update({
      where: { tenantId_id: { tenantId, id } },
      data: { ...data, version: { increment: 1 }, updatedAt: this.clock.now() },
      include,
    });
  }

  private async record(
    tx: Tx,
    verb: 'created' | 'updated' | 'archived' | 'restored' | 'deleted',
    resourceId: string,
    diff: { before?: Prisma.InputJsonObject; after?: Prisma.InputJsonObject },
  ): Promise<void> {
    await this.audit.write(tx, {
      tenantId: currentTenant(),
      action: `project.${verb}`,
      resourceType: 'project',
      resourceId,
      ...diff,
    });
  }
}

function mayManage(): boolean {
  return mayDo(currentRequest().actor, 'project:manage');
}

/** @throws ProblemError forbidden if the caller may not change the project */
function mayChange(project: ProjectRow): void {
  if (project.ownerId !== currentUserId() && !mayManage())
    throw needsManage('Changing the project of another user needs project:manage.');
}

function needsManage(detail: string): ProblemError {
  return new ProblemError('forbidden', { detail, members: { permission: 'project:manage' } });
}

/** Returns the fields of the request that differ from the project, before and after. */
function changes(project: ProjectRow, request: UpdateProjectRequest) {
  const now = { name: project.name, description: project.description, owner_id: project.ownerId };
  return changedFields(now, request);
}
