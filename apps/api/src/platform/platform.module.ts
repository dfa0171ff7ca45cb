import { type DynamicModule, Global, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE, DiscoveryModule } from '@nestjs/core';
import { JwtModule } from '@nestjs/jwt';
import { Database } from '@coditect/db/database';
import { Config } from '#config/config';
import { AccessGuard } from './access/access.guard.js';
import { AccessTokens } from './access/access-tokens.js';
import { Authentication } from './access/authentication.js';
import { Clock } from './clock.js';
import { IdempotencyStore } from './idempotency/idempotency-store.js';
import { Keys, openKeys } from './secrets/keys.js';
import { LoginState } from './access/login-state.js';
import { ProblemFilter } from './problems/problem.filter.js';
import { RedisConnection } from './redis/redis-connection.js';
import { Throttle } from './access/throttle.js';
import { inDatabaseSpan, isTracing, stopTracing } from './observability/tracing.js';
import { validationPipe } from './problems/validation.js';

/** Everything that is not specific to the product: configuration, keys, both stores, and the request pipeline. */
@Global()
@Module({})
export class PlatformModule implements OnModuleInit, OnApplicationShutdown {
  constructor(
    private readonly db: Database,
    private readonly redis: RedisConnection,
  ) {}

  static forRoot(config: Config): DynamicModule {
    return {
      module: PlatformModule,
      imports: [
        DiscoveryModule,
        JwtModule.registerAsync({
          inject: [Keys],
          useFactory: (keys: Keys) => ({
            privateKey: keys.accessTokenKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
            publicKey: keys.accessTokenPublicKey.export({ type: 'spki', format: 'pem' }).toString(),
            signOptions: { algorithm: 'RS256', expiresIn: config.accessTokenSeconds, issuer: config.publicUrl },
            verifyOptions: { algorithms: ['RS256'], issuer: config.publicUrl },
          }),
        }),
      ],
      providers: [
        { provide: Config, useValue: config },
        Clock,
        { provide: Keys, useFactory: () => openKeys(config.keysDir, config.production ? 'production' : 'development') },
        {
          provide: Database,
          useFactory: () => new Database({ ...config.database, ...(isTracing() && { around: inDatabaseSpan }) }),
        },
        { provide: RedisConnection, useFactory: () => new RedisConnection(config.redisUrl) },
        AccessTokens,
        LoginState,
        Authentication,
        IdempotencyStore,
        Throttle,
        { provide: APP_GUARD, useClass: AccessGuard },
        { provide: APP_PIPE, useValue: validationPipe },
        { provide: APP_FILTER, useClass: ProblemFilter },
      ],
      exports: [Config, Clock, Keys, Database, RedisConnection, AccessTokens, Authentication, IdempotencyStore],
    };
  }

  /** Refuses to start if tenant isolation would not hold. Redis may come up later: seats are served without it. */
  async onModuleInit(): Promise<void> {
    await this.db.assertIsolation();
    await this.redis.waitUntilReady(3_000);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.db.close();
    await stopTracing();
  }
}
