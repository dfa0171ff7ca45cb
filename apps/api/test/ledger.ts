import { randomBytes, randomUUID } from 'node:crypto';
import type { Cluster, Redis } from 'ioredis';
import type { AcquireArgs, LedgerGrant, LedgerSession, LicenseRef } from '#modules/licenses/ledger/seat-ledger';
import { SeatLedger } from '#modules/licenses/ledger/seat-ledger';
import { ledgerKeys } from '#modules/licenses/ledger/seat-ledger.scripts';
import { Clock } from '#platform/clock';
import { RedisConnection } from '#platform/redis/redis-connection';
import { connectRedis } from './redis-cluster.js';

export const LEASE_MS = 360_000;
export const SESSION_MS = 3_600_000;

/** The seat ledger alone, with a real Redis. */
export class TestLedger {
  readonly clock = new Clock();
  readonly ledger: SeatLedger;

  private constructor(
    readonly connection: RedisConnection,
    readonly redis: Redis | Cluster,
  ) {
    this.ledger = new SeatLedger(connection, this.clock);
  }

  static async open(url: string): Promise<TestLedger> {
    const connection = new RedisConnection(url);
    if (!(await connection.waitUntilReady(5_000))) throw new Error('Redis was not ready within 5 s');
    return new TestLedger(connection, await connectRedis(url));
  }

  async close(): Promise<void> {
    await this.connection.onApplicationShutdown();
    this.redis.disconnect();
  }

  advance(ms: number): void {
    this.clock.offsetMs += ms;
  }

  /** Returns ms since 1970 by Redis' clock, moved by the offset of this ledger's clock. */
  async now(): Promise<number> {
    const [seconds, micros] = await this.redis.time();
    return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000) + this.clock.offsetMs;
  }

  /** Returns a new license with an empty, warm ledger. */
  async newLicense(): Promise<LicenseRef> {
    const license = { tenantId: randomUUID(), licenseId: randomUUID() };
    await this.ledger.rebuild(license, 'cold', []);
    return license;
  }

  /** Makes a committed grant. */
  async hold(license: LicenseRef, args: Partial<AcquireArgs> = {}): Promise<LedgerGrant> {
    const answer = await this.ledger.acquire(license, newClaim(args));
    if (answer.verdict === 'cold' || answer.verdict === 'full') throw new Error(`no seat: ${answer.verdict}`);
    await this.ledger.confirm(license, answer.sessionId, []);
    return answer;
  }

  /** Returns the names of the license's keys in Redis. */
  async keysOf(license: LicenseRef): Promise<string[]> {
    const keys = ledgerKeys(license.tenantId, license.licenseId);
    const existing = await Promise.all(keys.map((key) => this.redis.exists(key)));
    return keys.filter((_, i) => existing[i] === 1).map((key) => key.split(':').at(-1)!);
  }

  async evict(license: LicenseRef, name: string): Promise<void> {
    const key = ledgerKeys(license.tenantId, license.licenseId).find((known) => known.endsWith(`:${name}`));
    await this.redis.del(key!);
  }
}

/** Returns the arguments of an acquire by a new user on a new machine. */
export function newClaim(args: Partial<AcquireArgs> = {}): AcquireArgs {
  return {
    userId: randomUUID(),
    machineId: randomUUID(),
    sessionId: randomUUID(),
    tokenHash: randomBytes(32),
    tokenSalt: randomBytes(16),
    seatsTotal: 3,
    leaseMs: LEASE_MS,
    sessionMs: SESSION_MS,
    validUntil: null,
    ...args,
  };
}

/** Returns an active license session as Postgres has it. Its lease ends with the session unless `leaseEnd` says
 *  otherwise.
 *  @param row with times in ms since 1970 */
export function newRow({
  endsAt,
  leaseEnd = endsAt,
  ...row
}: Partial<LedgerSession> & { endsAt: number; leaseEnd?: number }): LedgerSession {
  return {
    sessionId: randomUUID(),
    seatNo: 1,
    leaseSeconds: LEASE_MS / 1000,
    leaseExpiresAt: new Date(leaseEnd),
    expiresAt: new Date(endsAt),
    tokenHash: randomBytes(32),
    tokenSalt: randomBytes(16),
    userId: randomUUID(),
    machineId: randomUUID(),
    ...row,
  };
}
