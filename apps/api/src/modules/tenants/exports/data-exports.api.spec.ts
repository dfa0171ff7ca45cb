import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { DataExport } from '@coditect/contracts/tenants';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import { endConnections } from '#test/backends';
import { DataExports } from '#test/data-exports';
import type { TestTenant } from '#test/factory';

const DAY_SECONDS = 86_400;

let api: TestApp;
let exports: DataExports;
let tenant: TestTenant;
beforeAll(async () => {
  api = await sharedApp();
  exports = new DataExports(api);
});
beforeEach(async () => {
  api.clock.offsetMs = 0;
  tenant = await api.factory.tenant();
});

const request = () => exports.request(tenant.owner);
const read = (id: string) => exports.read(id, tenant.owner);
const run = ({ id }: { id: string }) => exports.run(id, tenant.owner);
const download = (id: string) => exports.download(id, tenant.owner);
const folder = () => exports.folderOf(tenant.owner);
const filesLeft = () => exports.filesOf(tenant.owner);
const problem = (body: Buffer) => JSON.parse(body.toString()) as { code: string; detail?: string };

describe('when an owner requests an export', () => {
  it('then it is pending, and a message in the outbox asks the worker to make it', async () => {
    const made = await request();
    expect(made).toMatchObject({ status: 'pending', requested_by: tenant.owner.id, completed_at: null, sha256: null });
    const [message] = await api.db.system.outboxMessage.findMany({ where: { tenantId: tenant.id } });
    expect(message).toMatchObject({ topic: 'data_export', payload: { export_id: made.id } });
    expect(await api.auditOf(made.id)).toMatchObject([
      { action: 'data_export.requested', actorId: tenant.owner.id, resourceType: 'data_export' },
    ]);
    const { body } = await download(made.id).expect(409);
    expect(problem(body as Buffer).code).toBe('export_not_ready');
  });

  it('then further requests return the same export while it is being made, even concurrent ones', async () => {
    const all = await Promise.all([request(), request(), request()]);
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    expect(await api.db.system.outboxMessage.count({ where: { tenantId: tenant.id } })).toBe(1);
    await run(all[0]);
    expect((await request()).id).not.toBe(all[0].id);
  });

  it('then the same Idempotency-Key returns the same export, even after it is ready', async () => {
    const keyed = () => api.post('tenant/exports', {}, tenant.owner.accessToken).set('idempotency-key', 'my-export');
    const { id } = (await keyed().expect(202)).body as DataExport;
    await run({ id });
    expect((await keyed().expect(202)).body).toMatchObject({ id, status: 'pending' });
    expect((await request()).id).not.toBe(id);
  });

  it('then other roles and API keys are refused', async () => {
    const { id } = await request();
    const key = await api.factory.apiKey(tenant.owner, ['tenant:read']);
    const others = [tenant.admin.accessToken, tenant.member.accessToken, tenant.viewer.accessToken, key];
    for (const token of others) {
      await api.post('tenant/exports', {}, token).expect(403);
      for (const route of ['', `/${id}`, `/${id}/download`]) await api.get(`tenant/exports${route}`, token).expect(403);
    }
  });

  it('then another tenant does not see it', async () => {
    const made = await request();
    await run(made);
    const other = await api.factory.tenant();
    for (const route of ['', '/download']) {
      const { body } = await api.get(`tenant/exports/${made.id}${route}`, other.owner.accessToken).expect(404);
      expect(body.code).toBe('export_not_found');
    }
    expect((await api.get('tenant/exports', other.owner.accessToken).expect(200)).body.count).toBe(0);
    await api.get(`tenant/exports/${randomUUID()}`, tenant.owner.accessToken).expect(404);
  });

  it('then the list has all exports, newest first, and can be filtered by status', async () => {
    const first = await request();
    await run(first);
    api.advance(1);
    const second = await request();
    const list = async (query: string) => {
      const { body } = await api.get(`tenant/exports${query}`, tenant.owner.accessToken).expect(200);
      return (body as { results: DataExport[] }).results.map(({ id }) => id);
    };
    expect(await list('')).toEqual([second.id, first.id]);
    expect(await list('?ordering=created_at')).toEqual([first.id, second.id]);
    expect(await list('?status=ready')).toEqual([first.id]);
    expect(await list('?limit=1&offset=1')).toEqual([first.id]);
    await api.get('tenant/exports?status=lost', tenant.owner.accessToken).expect(422);
  });
});

describe('when the worker has made an export', () => {
  it('then it can be downloaded as a zip, whose size and checksum are known', async () => {
    const made = await request();
    await run(made);
    const ready = await read(made.id);
    expect(ready).toMatchObject({ status: 'ready', error: null });
    expect(Date.parse(ready.expires_at!) - Date.parse(ready.completed_at!)).toBe(7 * DAY_SECONDS * 1000);
    const { body, headers } = await download(made.id).expect(200);
    const zip = body as Buffer;
    expect(headers).toMatchObject({
      'content-type': 'application/zip',
      'content-length': String(ready.size_bytes),
      'content-disposition': `attachment; filename="export-${ready.created_at.slice(0, 10)}.zip"`,
      'cache-control': 'no-store',
    });
    expect(zip.length).toBe(ready.size_bytes);
    expect(createHash('sha256').update(zip).digest('hex')).toBe(ready.sha256);
  });

  it('then the user who requested it gets an e-mail with a link, and each download is audited', async () => {
    const made = await request();
    await run(made);
    await download(made.id).expect(200);
    const mails = await api.db.system.outboxMessage.findMany({ where: { tenantId: tenant.id, topic: 'email' } });
    expect(mails.map(({ payload }) => payload)).toEqual([
      {
        to: tenant.owner.email,
        template: 'data_export_ready',
        data: {
          tenant: tenant.slug,
          url: `${api.config.dashboardUrl}/settings/exports/${made.id}`,
          expires_at: (await read(made.id)).expires_at,
        },
      },
    ]);
    await download(made.id).expect(200);
    expect((await api.auditOf(made.id)).map(({ action, actorType }) => [action, actorType])).toEqual([
      ['data_export.requested', 'user'],
      ['data_export.completed', 'system'],
      ['data_export.downloaded', 'user'],
      ['data_export.downloaded', 'user'],
    ]);
  });

  it('then a user who was removed meanwhile gets no e-mail', async () => {
    const made = await request();
    await api.db.system.user.updateMany({ where: { id: tenant.owner.id }, data: { status: 'removed' } });
    await run(made);
    expect(await api.db.system.outboxMessage.count({ where: { tenantId: tenant.id, topic: 'email' } })).toBe(0);
  });

  it('then its file is the only one, and other users of the machine cannot read it', async () => {
    await run(await request());
    const [name, ...more] = await filesLeft();
    expect(more).toEqual([]);
    expect(((await stat(path.join(folder(), name!))).mode & 0o777).toString(8)).toBe('600');
    expect(((await stat(folder())).mode & 0o777).toString(8)).toBe('700');
  });
});

describe('when making an export fails', () => {
  /** Prevents the folder of the tenant: a file has its name. */
  const blockFolder = async () => {
    await mkdir(api.config.exportsDir, { recursive: true });
    await writeFile(folder(), '');
  };

  it('then it has failed, until a retry makes it', async () => {
    const made = await request();
    await blockFolder();
    await expect(run(made)).rejects.toMatchObject({ code: 'EEXIST' });
    expect(await read(made.id)).toMatchObject({ status: 'failed', error: 'The export could not be made.' });
    expect(await api.auditOf(made.id, 'data_export.failed')).toMatchObject([
      { before: { status: 'running' }, after: { status: 'failed' } },
    ]);
    const { body } = await download(made.id).expect(409);
    expect(problem(body as Buffer)).toMatchObject({
      code: 'export_not_ready',
      detail: 'The export failed. Request a new one.',
    });
    await rm(folder());
    await run(made);
    expect(await read(made.id)).toMatchObject({ status: 'ready', error: null });
  });

  it('then a database that fails halfway leaves no partial file', async () => {
    await api.db.systemQuery(
      `INSERT INTO denials (tenant_id, id, user_id, machine_id, reason)
       SELECT $1, gen_random_uuid(), gen_random_uuid(), 'm', repeat('x', 100) FROM generate_series(1, 20000)`,
      [tenant.id],
    );
    const made = await request();
    const running = run(made).then(
      () => 'made',
      () => 'failed',
    );
    await expect.poll(() => endConnections(api, 'license_app', 'denials'), { interval: 1 }).toBe(1);
    expect(await running).toBe('failed');
    expect(await filesLeft()).toEqual([]);
    expect((await read(made.id)).status).toBe('failed');
    await run(made);
    expect((await read(made.id)).status).toBe('ready');
  });

  it('then an export of a killed worker starts again, and its partial file is removed a day later', async () => {
    const made = await request();
    await api.db.system.dataExport.updateMany({ where: { id: made.id }, data: { status: 'running' } });
    await mkdir(folder(), { recursive: true });
    const [half, fresh] = ['half', 'fresh'].map((name) => path.join(folder(), `${made.id}-${name}.zip.part`));
    await writeFile(half!, 'PK');
    await writeFile(fresh!, 'PK');
    await run(made);
    expect((await read(made.id)).status).toBe('ready');
    const dayAgo = new Date(Date.now() - 1.01 * DAY_SECONDS * 1000);
    for (const name of await filesLeft())
      if (!name.includes('fresh')) await utimes(path.join(folder(), name), dayAgo, dayAgo);
    expect(await exports.cleanUp()).toMatchObject({ strays: 1 });
    expect(await filesLeft()).toHaveLength(2);
    expect(await readFile(fresh!, 'utf8')).toBe('PK');
    await download(made.id).expect(200);
  });

  it('then two workers at once make only one', async () => {
    const made = await request();
    const results = await Promise.allSettled([run(made), run(made), run(made)]);
    expect(results.filter(({ status }) => status === 'fulfilled')).not.toEqual([]);
    expect(await filesLeft()).toHaveLength(1);
    expect(await api.auditOf(made.id, 'data_export.completed')).toHaveLength(1);
    await run(made);
    expect(await api.auditOf(made.id, 'data_export.completed')).toHaveLength(1);
    await download(made.id).expect(200);
  });

  it('then an abandoned export does not prevent a new one', async () => {
    const made = await request();
    api.advance(3 * DAY_SECONDS + 1);
    tenant.owner = await api.factory.signIn(tenant.owner);
    await exports.cleanUp();
    expect((await read(made.id)).status).toBe('failed');
    expect(await api.auditOf(made.id, 'data_export.failed')).toMatchObject([{ before: { status: 'pending' } }]);
    expect((await request()).id).not.toBe(made.id);
  });
});

describe('when seven days have passed', () => {
  it('then the export cannot be downloaded any more, and its file is removed', async () => {
    const made = await request();
    await run(made);
    api.advance(7 * DAY_SECONDS - 60);
    tenant.owner = await api.factory.signIn(tenant.owner);
    await download(made.id).expect(200);
    api.advance(61);
    const { body } = await download(made.id).expect(404);
    expect(problem(body as Buffer)).toMatchObject({
      code: 'export_not_found',
      detail: 'The export has expired. Request a new one.',
    });
    expect(await filesLeft()).toHaveLength(1);
    await Promise.all([1, 2].map(() => exports.cleanUp()));
    expect(await filesLeft()).toEqual([]);
    expect(await read(made.id)).toMatchObject({ status: 'expired' });
    expect(await api.auditOf(made.id, 'data_export.expired')).toMatchObject([{ actorType: 'system' }]);
    await download(made.id).expect(404);
  });

  it('then an export whose file is missing is not found either', async () => {
    const made = await request();
    await run(made);
    await rm(folder(), { recursive: true });
    await download(made.id).expect(404);
    expect(await api.auditOf(made.id, 'data_export.downloaded')).toEqual([]);
  });
});
