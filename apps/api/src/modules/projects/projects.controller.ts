import { Body, Delete, Get, Param, Patch, Post, Query, Req } from '@nestjs/common';
import { Id } from '@coditect/contracts/common';
import {
  CreateProjectRequest,
  Project,
  ProjectPage,
  ProjectQuery,
  UpdateProjectRequest,
} from '@coditect/contracts/projects';
import type { FastifyRequest } from 'fastify';
import { ApiController } from '#platform/http/api-controller';
import { RequirePermission } from '#platform/access/access';
import { Operation } from '#platform/operation';
import { page } from '#platform/lists/paging';
import { presentProject } from './projects.presenter.js';
import { ProjectsService } from './projects.service.js';

@ApiController('projects')
export class ProjectsController {
  constructor(private readonly projects: ProjectsService) {}

  @Get()
  @RequirePermission('project:read')
  @Operation({ summary: 'List the projects of the tenant', response: ProjectPage })
  async list(@Query({ schema: ProjectQuery }) query: ProjectQuery, @Req() request: FastifyRequest) {
    return page(await this.projects.list(query), query, request.url, presentProject);
  }

  @Post()
  @RequirePermission('project:create')
  @Operation({
    summary: 'Create a project',
    description: 'The caller becomes its owner. Active projects count against `max_projects`.',
    status: 201,
    response: Project,
    problems: ['quota_exceeded'],
    location: 'projects/:id',
    idempotent: true,
    versioned: true,
  })
  async create(@Body({ schema: CreateProjectRequest }) body: CreateProjectRequest): Promise<Project> {
    return presentProject(await this.projects.create(body));
  }

  @Get(':id')
  @RequirePermission('project:read')
  @Operation({ summary: 'Read a project', response: Project, problems: ['project_not_found'], versioned: true })
  async get(@Param('id', { schema: Id }) id: string): Promise<Project> {
    return presentProject(await this.projects.get(id));
  }

  @Patch(':id')
  @RequirePermission('project:update')
  @Operation({
    summary: 'Change a project',
    description: "Changing another user's project, or giving a project to another owner, also needs `project:manage`.",
    response: Project,
    problems: ['project_not_found', 'project_archived'],
    versioned: true,
  })
  async update(
    @Param('id', { schema: Id }) id: string,
    @Body({ schema: UpdateProjectRequest }) body: UpdateProjectRequest,
  ): Promise<Project> {
    return presentProject(await this.projects.update(id, body));
  }

  @Delete(':id')
  @RequirePermission('project:manage')
  @Operation({
    summary: 'Delete a project for good',
    description: 'Works in any state and cannot be undone. Archiving can be undone.',
    problems: ['project_not_found'],
    versioned: true,
  })
  async delete(@Param('id', { schema: Id }) id: string): Promise<void> {
    await this.projects.delete(id);
  }

  @Post(':id/archive')
  @RequirePermission('project:update')
  @Operation({
    summary: 'Archive a project',
    description:
      "An archived project does not count against the quota and cannot be changed. Another user's project also needs `project:manage`.",
    response: Project,
    problems: ['project_not_found'],
    versioned: true,
  })
  async archive(@Param('id', { schema: Id }) id: string): Promise<Project> {
    return presentProject(await this.projects.archive(id));
  }

  @Post(':id/restore')
  @RequirePermission('project:update')
  @Operation({
    summary: 'Restore an archived project',
    description: "The project counts against `max_projects` again. Another user's project also needs `project:manage`.",
    response: Project,
    problems: ['project_not_found', 'quota_exceeded'],
    versioned: true,
  })
  async restore(@Param('id', { schema: Id }) id: string): Promise<Project> {
    return presentProject(await this.projects.restore(id));
  }
}
