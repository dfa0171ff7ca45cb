import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '#platform/clock';
import type { LuaScript } from '#platform/redis/lua-script';
import { RedisConnection } from '#platform/redis/redis-connection';
import type { HeldSession } from './held-session.js';
import * as scripts from './seat-ledger.scripts.js';

/** Names a license. Each license has its own ledger. */
export interface LicenseRef {
  tenantId: string;
  licenseId: string;
}

/** The part of an active license session that the ledger keeps. */
export type LedgerSession = Pick<
  HeldSession,
  | 'sessionId'
  | 'userId'
  | 'machineId'
  | 'seatNo'
  | 'leaseExpiresAt'
  | 'expiresAt'
  | 'leaseSeconds'
  | 'seatsTotal'
  | 'tokenHash'
  | 'tokenSalt'
>;

export interface AcquireArgs {
  userId: string;
  machineId: string;
  /** Used only if a seat is granted. */
  sessionId: string;
  tokenHash: Buffer;
  tokenSalt: Buffer;
  seatsTotal: number;
  leaseMs: number;
  sessionMs: number;
  /** The license's own end, if it has one. */
  validUntil: Date | null;
}

/** A seat as the ledger reserves it. Times are ms since 1970 by Redis' clock. */
export interface LedgerGrant {
  verdict: 'held' | 'granted';
  sessionId: string;
  seatNo: number;
  /** Whether its row is committed. An unconfirmed grant lapses by itself after PENDING_MS. */
  confirmed: boolean;
  tokenHash: Buffer;
  tokenSalt: Buffer;
  endsAt: number;
  leaseEnd: number;
  now: number;
  /** Sessions whose lease has run out and which may still be active in Postgres. */
  lapsed: string[];
}
export type AcquireAnswer = LedgerGrant | { verdict: 'cold' } | { verdict: 'full'; live: number; now: number };

export type HeartbeatAnswer =
  | { verdict: 'cold' | 'unknown' | 'mismatch' | 'ended' }
  | { verdict: 'alive'; leaseEnd: number; endsAt: number; leaseMs: number; now: number };

/** How long a grant waits for its row in Postgres before its seat is free again. */
export const PENDING_MS = 15_000;

/**
 * The fast layer of the seats: the leases of every license in Redis, one Lua script for each operation (docs/seats.md,
 * rule 1). Postgres decides, so the ledger can be thrown away at any time. Every method throws RedisUnavailable when Redis
 * does not answer.
 */
@Injectable()
export class SeatLedger {
  constructor(
    private readonly redis: RedisConnection,
    private readonly clock: Clock,
  ) {}

  /** Returns the caller's own session, or reserves the lowest free seat. Lapsed seats are free at once. */
  async acquire(license: LicenseRef, args: AcquireArgs): Promise<AcquireAnswer> {
    const [verdict, ...rest] = await this.run(license, scripts.ACQUIRE, [
      `${args.userId}:${args.machineId}`,
      args.sessionId,
      args.tokenHash.toString('hex'),
      args.tokenSalt.toString('hex'),
      args.seatsTotal,
      args.leaseMs,
      args.validUntil?.getTime() ?? 0,
      args.sessionMs,
      PENDING_MS,
    ]);
    if (verdict === 'cold') return { verdict };
    if (verdict === 'full') return { verdict, live: Number(rest[0]), now: Number(rest[1]) };
    const [sessionId, seatNo, confirmed, hash, salt, endsAt, leaseEnd, now, ...lapsed] = rest.map(String);
    return {
      verdict: verdict === 'held' ? 'held' : 'granted',
      sessionId: sessionId!,
      seatNo: Number(seatNo),
      confirmed: confirmed === '1',
      tokenHash: Buffer.from(hash!, 'hex'),
      tokenSalt: Buffer.from(salt!, 'hex'),
      endsAt: Number(endsAt),
      leaseEnd: Number(leaseEnd),
      now: Number(now),
      lapsed,
    };
  }

  /** Call it after the commit of a grant. Gives the grant its full lease, and drops the sessions that the commit
   *  recorded as expired. Does nothing for a session that the ledger no longer knows, because it may have ended. */
  async confirm(
    license: LicenseRef,
    sessionId: string,
    expired: { sessionId: string; seatNo: number }[],
  ): Promise<void> {
    await this.run(license, scripts.CONFIRM, [sessionId, ...expired.flatMap((e) => [e.sessionId, e.seatNo])]);
  }

  /** Extends a lease. A caller without a token hash has already been authorised in another way. */
  async heartbeat(license: LicenseRef, sessionId: string, tokenHash: Buffer | null): Promise<HeartbeatAnswer> {
    const [verdict, ...rest] = await this.call(license, scripts.HEARTBEAT, [
      sessionId,
      tokenHash?.toString('hex') ?? '',
    ]);
    if (verdict !== 'alive') return { verdict };
    const [leaseEnd, endsAt, leaseMs, now] = rest.map(Number);
    return { verdict, leaseEnd: leaseEnd!, endsAt: endsAt!, leaseMs: leaseMs!, now: now! };
  }

  /** Puts in a session that is active in Postgres. 'taken' means that the ledger is wrong about its seat or holder. */
  async adopt(license: LicenseRef, session: LedgerSession): Promise<'adopted' | 'taken' | 'cold'> {
    return this.call(license, scripts.ADOPT, packed(session));
  }

  /** Takes ended sessions out, which frees their seats. Idempotent. */
  async forget(license: LicenseRef, sessionIds: string[]): Promise<void> {
    if (sessionIds.length > 0) await this.call(license, scripts.FORGET, sessionIds);
  }

  /** Deletes the ledger of a license that has been deleted. */
  async erase({ tenantId, licenseId }: LicenseRef): Promise<void> {
    const keys = scripts.ledgerKeys(tenantId, licenseId);
    await this.redis.use(keys[0]!, (client) => client.del(...keys));
  }

  /** Returns the lease end of each session in ms, and 0 for a lapsed one. The sweeper calls it. */
  async leaseEnds(license: LicenseRef, sessionIds: string[]): Promise<{ now: number; leaseEnds: number[] } | 'cold'> {
    const [first, ...rest] = await this.run(license, scripts.LAPSED_OF, sessionIds);
    return first === 'cold' ? 'cold' : { now: Number(first), leaseEnds: rest.map(Number) };
  }

  /** Returns the sessions with a running lease, and whether each is confirmed. The reconciliation calls it. */
  async live(license: LicenseRef): Promise<Map<string, boolean> | 'cold'> {
    const reply = await this.run(license, scripts.LIVE, []);
    if (reply[0] === 'cold') return 'cold';
    const live = new Map<string, boolean>();
    for (let i = 0; i < reply.length; i += 2) live.set(String(reply[i]), reply[i + 1] === 1);
    return live;
  }

  /** Writes the whole ledger from sessions that are active in Postgres. Their lease ends are the recorded ones, which lag
   *  behind: heartbeats are written behind. */
  async rebuild(license: LicenseRef, mode: 'cold' | 'force', sessions: LedgerSession[]): Promise<void> {
    await this.call(license, scripts.REBUILD, [mode, randomUUID(), JSON.stringify(sessions.map(packed))]);
  }

  private async run(license: LicenseRef, script: LuaScript, args: (string | number)[]): Promise<unknown[]> {
    const reply = await this.call(license, script, args);
    return Array.isArray(reply) ? reply : [reply];
  }

  private call<Answer>(license: LicenseRef, script: LuaScript<Answer>, args: (string | number)[]): Promise<Answer> {
    const keys = scripts.ledgerKeys(license.tenantId, license.licenseId);
    return this.redis.use(
      keys[0]!,
      (client) => script.run(client, keys, [this.clock.offsetMs, ...args]),
      'seat ledger',
    );
  }
}

/** A session in the order of arguments that the scripts `ADOPT` and `REBUILD` expect. */
function packed(session: LedgerSession): (string | number)[] {
  return [
    session.sessionId,
    session.seatNo,
    session.expiresAt.getTime(),
    session.leaseSeconds * 1000,
    session.tokenHash.toString('hex'),
    session.tokenSalt.toString('hex'),
    `${session.userId}:${session.machineId}`,
    session.leaseExpiresAt.getTime(),
    session.seatsTotal,
  ];
}
