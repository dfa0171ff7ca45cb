import { randomUUID } from 'node:crypto';
import { Body, Post, Res } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { RequirePermission } from '#platform/access/access';
import { ApiController } from '#platform/http/api-controller';
import { Operation } from '#platform/operation';
import { currentTenant, currentUserId } from '#platform/request-context';

const NewNote = z.strictObject({ name: z.string().min(1), tags: z.record(z.string(), z.string()).optional() });
const Note = z.object({ id: z.uuid(), name: z.string(), version: z.int(), secret: z.string() });
export const SECRET = 'shown-once-6f1c';

/** Extra work of the route. Each test sets it. */
export const steps: { before?: () => Promise<void> | void; after?: () => Promise<void> | void } = {};

export function noSteps(): void {
  delete steps.before;
  delete steps.after;
}

/** A resource for tests of creation. It is stored as a project. */
@ApiController('notes')
export class NotesController {
  constructor(private readonly db: Database) {}

  @Post()
  @RequirePermission('project:create')
  @Operation({ summary: 'Create a note', status: 201, response: Note, idempotent: true, versioned: true })
  async create(
    @Body({ schema: NewNote }) { name }: z.infer<typeof NewNote>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { before, after } = steps;
    await before?.();
    const data = { tenantId: currentTenant(), ownerId: currentUserId(), name };
    const { id } = await this.db.tenantTx((tx) => tx.project.create({ data }));
    await after?.();
    void reply.header('location', `/notes/${id}`);
    return { id, name, version: 1, secret: SECRET };
  }

  @Post('again')
  @RequirePermission('project:create')
  @Operation({ summary: 'Create another', status: 201, response: Note, idempotent: true })
  other(@Body({ schema: NewNote }) { name }: z.infer<typeof NewNote>) {
    return { id: randomUUID(), name, version: 1, secret: SECRET };
  }
}
