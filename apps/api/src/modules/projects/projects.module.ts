import { Module } from '@nestjs/common';
import { AuditModule } from '#modules/audit/audit.module';
import { ProjectsController } from './projects.controller.js';
import { ProjectsService } from './projects.service.js';

@Module({ imports: [AuditModule], controllers: [ProjectsController], providers: [ProjectsService] })
export class ProjectsModule {}
