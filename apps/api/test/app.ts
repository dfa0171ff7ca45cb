import { randomUUID } from 'node:crypto';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { AcquireResponse } from '@coditect/contracts/license-sessions';
import { Database } from '@coditect/db/database';
import type { AuditLog, License, LicenseSession } from '@coditect/db/generated/prisma/client';
import { type LocalRedis, startRedis } from '@coditect/local-stack/redis';
import { createTestDatabase, type TestDatabase } from '@coditect/local-stack/test-database';
import type { Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Cluster, Redis } from 'ioredis';
import type { DestinationStream } from 'pino';
import request from 'supertest';
import { inject } from 'vitest';
import { AppModule } from '#app.module';
import { type Config, loadConfig } from '#config/config';
import { AccessTokens } from '#platform/access/access-tokens';
import { Clock } from '#platform/clock';
import { createHttpApp } from '#platform/http/http-app';
import { processLogger } from '#platform/observability/process';
import { requestStore } from '#platform/request-context';
import { Factory, newMachine, type TestUser } from './factory.js';
import { connectRedis } from './redis-cluster.js';

/** The parts that several applications can share: a database, a Redis, and the keys. */
export interface TestStack {
  database: TestDatabase;
  redis: LocalRedis;
  keysDir: string;
  /** The environment of a process on this stack. */
  env: NodeJS.ProcessEnv;
  stop(): Promise<void>;
}

/** The environment of a production process on such a stack. Production refuses the settings that make tests quick. */
export const PRODUCTION = {
  NODE_ENV: 'production',
  PASSWORD_HASH_MEMORY_KIB: undefined,
  PASSWORD_HASH_PASSES: undefined,
} as const;

export async function startStack(): Promise<TestStack> {
  const [database, redis, keysDir] = await Promise.all([
    createTestDatabase(inject('superuserUrl')),
    startRedis(),
    mkdtemp(path.join(os.tmpdir(), 'api-keys-')),
  ]);
  await cp(inject('keysDir'), keysDir, { recursive: true });
  const env = {
    NODE_ENV: 'test',
    PUBLIC_URL: 'http://licenses.test',
    DATABASE_URL: database.urls.app,
    SYSTEM_DATABASE_URL: database.urls.system,
    REDIS_URL: redis.url,
    KEYS_DIR: keysDir,
    EXPORTS_DIR: path.join(keysDir, 'exports'),
    AUDIT_ARCHIVE_DIR: path.join(keysDir, 'archive'),
    MAIL_DIR: path.join(keysDir, 'mail'),
    // The least that argon2 allows, because many tests sign in. password-cost.api.spec.ts proves the cost in
    // production.
    PASSWORD_HASH_MEMORY_KIB: '8',
    PASSWORD_HASH_PASSES: '1',
    // Tests call from one address, without limits.
    THROTTLE_ANONYMOUS_PER_HOUR: '0',
    THROTTLE_RENEWALS_PER_HOUR: '0',
    THROTTLE_USER_PER_HOUR: '0',
    THROTTLE_HEARTBEATS_PER_MINUTE: '0',
    THROTTLE_ADDRESS_HEARTBEATS_PER_MINUTE: '0',
    LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'fatal',
  };
  return {
    database,
    redis,
    keysDir,
    env,
    async stop() {
      redis.kill(); // it has no data to save
      await redis.ended;
      await database.drop();
      await rm(keysDir, { recursive: true });
    },
  };
}

/** The whole API in this process, on a real Postgres and a real Redis. */
export class TestApp {
  private constructor(
    readonly stack: TestStack,
    readonly app: NestFastifyApplication,
    readonly config: Config,
    readonly db: Database,
    readonly redis: Redis | Cluster,
    readonly factory: Factory,
    private readonly ownsStack: boolean,
  ) {}

  /** @param controllers routes for one test only
   *  @param logTo where log lines go, for a test that reads them */
  static async start(
    on?: TestStack,
    env: NodeJS.ProcessEnv = {},
    controllers: Type[] = [],
    logTo?: DestinationStream,
  ): Promise<TestApp> {
    const stack = on ?? (await startStack());
    const config = loadConfig({ ...stack.env, ...env });
    const app = await createHttpApp(
      { ...AppModule.forRoot(config), controllers },
      processLogger(config, logTo),
      config,
    );
    // Listens, because concurrent requests must share one server.
    await app.listen(0, '127.0.0.1');
    const db = new Database(config.database);
    const redis = await connectRedis(config.redisUrl);
    return new TestApp(stack, app, config, db, redis, new Factory(db, app.get(AccessTokens)), on === undefined);
  }

  /** The clock of this application. It moves leases and tokens too. */
  get clock(): Clock {
    return this.app.get(Clock);
  }

  http() {
    return request(this.app.getHttpServer());
  }

  /** Posts as a user, or without a token as an anonymous caller. */
  post(route: string, body: object = {}, accessToken?: string) {
    const call = this.http().post(`/api/v1/${route}`).send(body);
    return accessToken ? call.set('authorization', `Bearer ${accessToken}`) : call;
  }

  get(route: string, accessToken?: string) {
    const call = this.http().get(`/api/v1/${route}`);
    return accessToken ? call.set('authorization', `Bearer ${accessToken}`) : call;
  }

  patch(route: string, body: object, accessToken?: string) {
    const call = this.http().patch(`/api/v1/${route}`).send(body);
    return accessToken ? call.set('authorization', `Bearer ${accessToken}`) : call;
  }

  delete(route: string, accessToken?: string) {
    const call = this.http().delete(`/api/v1/${route}`);
    return accessToken ? call.set('authorization', `Bearer ${accessToken}`) : call;
  }

  /** Moves the clock of leases, tokens and everything else. */
  advance(seconds: number): void {
    this.clock.offsetMs += seconds * 1000;
  }

  /** Acquires a seat for a user, on a new machine unless the body names one. */
  async takeSeat(user: TestUser, body: object = {}): Promise<AcquireResponse> {
    const wanted = { machine_id: newMachine(), ...body };
    const response = await this.post('licenses/acquire', wanted, user.accessToken).expect(201);
    return response.body as AcquireResponse;
  }

  heartbeat(sessionToken: string) {
    return this.post('licenses/heartbeat', { session_token: sessionToken });
  }

  release(sessionToken: string) {
    return this.post('licenses/release', { session_token: sessionToken });
  }

  /** Calls a service as a job does, outside of a request. */
  asSystem<T>(work: () => Promise<T>): Promise<T> {
    return requestStore.run({ requestId: randomUUID(), actor: { type: 'system' } }, work);
  }

  /** Returns a license session as Postgres has it. */
  async row(session: { session_id: string }): Promise<LicenseSession> {
    return this.db.system.licenseSession.findFirstOrThrow({ where: { id: session.session_id } });
  }

  /** Returns the audit entries of one resource, oldest first. */
  async auditOf(resourceId: string, action?: string): Promise<AuditLog[]> {
    return this.db.system.auditLog.findMany({ where: { resourceId, action }, orderBy: { occurredAt: 'asc' } });
  }

  /** Returns how many seats are held, according to Postgres and to the ledger. */
  async seatsHeld({ tenantId, id }: License): Promise<{ postgres: number; ledger: number }> {
    const [postgres, ledger] = await Promise.all([
      this.db.system.licenseSession.count({ where: { tenantId, licenseId: id, status: 'active' } }),
      this.redis.zcard(`seats:{${tenantId}:${id}}:leases`),
    ]);
    return { postgres, ledger };
  }

  async stop(): Promise<void> {
    this.redis.disconnect();
    await this.app.close();
    await this.db.close();
    if (this.ownsStack) await this.stack.stop();
  }
}
