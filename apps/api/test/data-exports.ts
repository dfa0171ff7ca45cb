import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { DataExport } from '@coditect/contracts/tenants';
import { Database } from '@coditect/db/database';
import { AuditService } from '#modules/audit/audit.service';
import { MailService } from '#modules/mail/mail.service';
import type { Manifest } from '#modules/tenants/exports/data-export.archive';
import { DataExportCleanup } from '#modules/tenants/exports/data-export-cleanup';
import { DataExportFiles } from '#modules/tenants/exports/data-export-files';
import { DataExportJob } from '#modules/tenants/exports/data-export-job';
import type { TestApp } from './app.js';
import type { TestUser } from './factory.js';
import { unzip } from './unzip.js';

/** Data exports, requested by owners. The part of the worker is run by hand. */
export class DataExports {
  private readonly job: DataExportJob;
  private readonly cleaning: DataExportCleanup;

  constructor(private readonly api: TestApp) {
    const { app, config, clock } = api;
    const [db, audit, mail] = [app.get(Database), app.get(AuditService), app.get(MailService)];
    const files = new DataExportFiles(config);
    this.job = new DataExportJob(db, files, audit, mail, config, clock);
    this.cleaning = new DataExportCleanup(db, files, audit, clock);
  }

  async request(by: TestUser): Promise<DataExport> {
    const { body } = await this.api.post('tenant/exports', {}, by.accessToken).expect(202);
    return DataExport.strict().parse(body);
  }

  async read(id: string, by: TestUser): Promise<DataExport> {
    const { body } = await this.api.get(`tenant/exports/${id}`, by.accessToken).expect(200);
    return DataExport.strict().parse(body);
  }

  /** The body is a Buffer, whatever its type. */
  download(id: string, by: TestUser) {
    return this.api.get(`tenant/exports/${id}/download`, by.accessToken).responseType('blob');
  }

  /** Does the worker's part of a requested export. */
  run(id: string, { tenantId }: TestUser): Promise<void> {
    return this.api.asSystem(() => this.job.run(tenantId, id));
  }

  cleanUp(): Promise<{ expired: number; strays: number }> {
    return this.api.asSystem(() => this.cleaning.run());
  }

  folderOf({ tenantId }: TestUser): string {
    return path.join(this.api.config.exportsDir, tenantId);
  }

  filesOf(user: TestUser): Promise<string[]> {
    return readdir(this.folderOf(user)).catch(() => []);
  }

  /** Returns the files of an export that is ready. */
  async unpack(id: string, by: TestUser): Promise<Map<string, string>> {
    return unzip((await this.download(id, by).expect(200)).body as Buffer);
  }

  /** Requests an export, makes it, and returns its content. */
  async make(by: TestUser) {
    const made = await this.request(by);
    await this.run(made.id, by);
    const files = await this.unpack(made.id, by);
    const manifest = JSON.parse(files.get('manifest.json')!) as Manifest;
    const rows = (table: string) =>
      (files.get(`${table}.ndjson`) ?? '')
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    return { id: made.id, files, manifest, rows };
  }
}
