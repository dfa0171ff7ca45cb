import { Body, Get, Param, Patch } from '@nestjs/common';
import { Id } from '@coditect/contracts/common';
import { Database } from '@coditect/db/database';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { TestApp } from '#test/app';
import type { TestTenant } from '#test/factory';
import { ApiController } from '../http/api-controller.js';
import { RequirePermission } from '../access/access.js';
import { isKnown, versionsOf } from './entity-tags.js';
import { Operation } from '../operation.js';
import { checkVersion } from './preconditions.js';
import { currentTenant } from '../request-context.js';

const Note = z.object({ id: z.uuid(), name: z.string(), version: z.int() });

@ApiController('notes')
class NotesController {
  constructor(private readonly db: Database) {}

  @Get(':id')
  @RequirePermission('project:read')
  @Operation({ summary: 'Read a note', response: Note, versioned: true })
  get(@Param('id', { schema: Id }) id: string) {
    return this.db.tenant.project.findUniqueOrThrow({ where: { tenantId_id: { tenantId: currentTenant(), id } } });
  }

  @Get(':id/plain')
  @RequirePermission('project:read')
  @Operation({ summary: 'Read it without a version', response: Note })
  plain(@Param('id', { schema: Id }) id: string) {
    return this.get(id);
  }

  @Patch(':id')
  @RequirePermission('project:update')
  @Operation({ summary: 'Rename a note', response: Note, versioned: true })
  async rename(
    @Param('id', { schema: Id }) id: string,
    @Body({ schema: z.strictObject({ name: z.string() }) }) body: { name: string },
  ) {
    const tenantId = currentTenant();
    return this.db.tenantTx(async (tx) => {
      await tx.$executeRaw`SELECT FROM projects WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid FOR UPDATE`;
      const where = { tenantId_id: { tenantId, id } };
      checkVersion((await tx.project.findUniqueOrThrow({ where })).version);
      return tx.project.update({ where, data: { name: body.name, version: { increment: 1 } } });
    });
  }
}

let api: TestApp;
let tenant: TestTenant;
let route: string;
beforeAll(async () => {
  api = await TestApp.start(undefined, {}, [NotesController]);
  tenant = await api.factory.tenant();
});
afterAll(() => api.stop());
beforeEach(async () => {
  const { id } = await api.db.system.project.create({
    data: { tenantId: tenant.id, ownerId: tenant.owner.id, name: 'first', version: 7 },
  });
  route = `notes/${id}`;
});

const read = (headers: Record<string, string> = {}, path = route) =>
  api.get(path, tenant.owner.accessToken).set(headers);
const rename = (name: string, headers: Record<string, string> = {}) =>
  api.patch(route, { name }, tenant.owner.accessToken).set(headers);

describe('reading', () => {
  it('returns the version as ETag, for HEAD too, and forbids shared caches to store the response', async () => {
    const answer = await read().expect(200);
    expect(answer.headers).toMatchObject({ etag: '"v7"', 'cache-control': 'no-store' });
    const head = await api
      .http()
      .head(`/api/v1/${route}`)
      .set('authorization', `Bearer ${tenant.owner.accessToken}`)
      .expect(200);
    expect(head.headers).toMatchObject({ etag: '"v7"', 'content-length': answer.headers['content-length'] });
    expect(head.text ?? '').toBe('');
  });

  it.each(['"v7"', 'W/"v7"', '"v6", "v7"', '*'])(
    'returns 304 without a body if the caller has the version: If-None-Match: %s',
    async (tags) => {
      const answer = await read({ 'if-none-match': tags }).expect(304);
      expect([answer.text, answer.headers['etag'], answer.headers['content-type']]).toEqual(['', '"v7"', undefined]);
    },
  );

  it.each(['"v6"', 'v7', '"7"', ''])(
    'returns the note if the caller does not have the version: If-None-Match: %s',
    async (tags) => {
      expect((await read({ 'if-none-match': tags }).expect(200)).body).toMatchObject({ name: 'first' });
    },
  );

  it('is refused if If-Match names another version', async () => {
    await read({ 'if-match': '"v7"' }).expect(200);
    expect((await read({ 'if-match': '"v6"' }).expect(412)).body).toMatchObject({ code: 'precondition_failed' });
  });

  it('ignores tags for an operation without versions', async () => {
    const answer = await read({ 'if-none-match': '*', 'if-match': '"v1"' }, `${route}/plain`).expect(200);
    expect(answer.headers).not.toHaveProperty('etag');
  });
});

describe('changing', () => {
  it.each(['"v7"', '"v6", "v7"', '*'])(
    'is done if the version matches, and returns the new one: If-Match: %s',
    async (tags) => {
      const answer = await rename('second', { 'if-match': tags }).expect(200);
      expect([answer.headers['etag'], answer.body]).toMatchObject(['"v8"', { name: 'second', version: 8 }]);
    },
  );

  it('is done to any version without If-Match', async () => {
    await rename('second').expect(200);
  });

  it.each(['"v6"', 'W/"v7"', '"7"', '"v7x"', '"abc"', 'v7', '"v7', '"v7" "v8"', '', ', ,'])(
    'is refused for any other version, and for a text that is not an ETag: If-Match: %s',
    async (tags) => {
      const refusal = await rename('second', { 'if-match': tags }).expect(412);
      expect(refusal.body).toMatchObject({ code: 'precondition_failed' });
      expect((await read()).body).toMatchObject({ name: 'first', version: 7 });
    },
  );

  it('by two callers who have read the same version is done once', async () => {
    const answers = await Promise.all(['one', 'two'].map((name) => rename(name, { 'if-match': '"v7"' })));
    expect(answers.map(({ status }) => status)).toEqual(expect.arrayContaining([200, 412]));
    expect((await read()).body).toMatchObject({ version: 8 });
  });

  it('ignores If-None-Match, which is for reading only', async () => {
    await rename('second', { 'if-none-match': '"v7"' }).expect(200);
  });
});

describe('entity tags', () => {
  it.each([
    ['"v1"', [1]],
    [' "v1" ,\t"v20",', [1, 20]],
    ['"a,b", "v3"', [3]],
    ['W/"v3"', []],
    ['"v03"', []],
    ['"v1234567890"', []],
    ['*', 'any'],
    ['"v1', undefined],
    ['"v1"x', undefined],
    ['*, "v1"', undefined],
  ])('of If-Match %s stand for %j', (field, versions) => {
    expect(versionsOf(field)).toEqual(versions);
  });

  it('that are malformed match no version', () => {
    expect(isKnown(1, '"v1')).toBe(false);
  });

  it('are read quickly, even if they are crafted to be slow', () => {
    const startedAt = performance.now();
    versionsOf(`"${' ,'.repeat(50_000)}`);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});
