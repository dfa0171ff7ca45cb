import type { License, LicenseSession } from '@coditect/db/generated/prisma/client';
import { ApiProcess } from '../api-process.js';
import { TestApp } from '../app.js';
import type { Server } from './machine.js';

/** The environment of every process. Small pools, because the specs of a run share one Postgres. */
const ENV = { DATABASE_POOL_SIZE: '6' };

/**
 * API processes as operators run them, on one Postgres and one Redis. Also one application in this process, whose clock
 * can be moved.
 */
export class Cluster {
  private constructor(
    readonly app: TestApp,
    readonly local: Server,
    readonly processes: ApiProcess[],
  ) {}

  /** @param env of the processes, not of the application in this process */
  static async start(
    size: number,
    env: NodeJS.ProcessEnv | ((app: TestApp) => Promise<NodeJS.ProcessEnv>) = {},
  ): Promise<Cluster> {
    const app = await TestApp.start(undefined, ENV);
    const more = typeof env === 'function' ? await env(app) : env;
    const started = await Promise.allSettled(
      Array.from({ length: size }, () => ApiProcess.start(app.stack, { ...ENV, ...more })),
    );
    const processes = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const cluster = new Cluster(app, { baseUrl: await app.app.getUrl() }, processes);
    const failed = started.find((result) => result.status === 'rejected');
    if (failed) {
      await cluster.stop();
      throw failed.reason;
    }
    return cluster;
  }

  /** Adds a process, which is ended with the others. */
  async add(env: NodeJS.ProcessEnv = {}): Promise<ApiProcess> {
    const api = await ApiProcess.start(this.app.stack, { ...ENV, ...env });
    this.processes.push(api);
    return api;
  }

  /** Returns the processes in turn. */
  at(i: number): ApiProcess {
    return this.processes[i % this.processes.length]!;
  }

  /** Returns all rows of a license, by seat number. */
  sessions({ tenantId, id }: License): Promise<LicenseSession[]> {
    return this.app.db.system.licenseSession.findMany({
      where: { tenantId, licenseId: id },
      orderBy: [{ seatNo: 'asc' }, { startedAt: 'asc' }],
    });
  }

  /** Returns the active rows of a license in Postgres. */
  async active(license: License): Promise<LicenseSession[]> {
    return (await this.sessions(license)).filter((session) => session.status === 'active');
  }

  async stop(): Promise<void> {
    await Promise.all(this.processes.map((api) => api.kill()));
    await this.app.stop();
  }
}
