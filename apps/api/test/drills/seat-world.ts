import type { LicenseSession } from '@coditect/db/generated/prisma/client';
import type { Redis } from 'ioredis';
import { expect } from 'vitest';
import { HeartbeatWriter } from '#modules/licenses/sessions/heartbeat-writer';
import { ledgerKeys } from '#modules/licenses/ledger/seat-ledger.scripts';
import type { TestApp } from '../app.js';
import { newMachine, type TestTenant, type TestUser } from '../factory.js';
import { eventually } from './eventually.js';
import type { FaultProxy } from './fault-proxy.js';
import { type Answer, call, type Server } from './machine.js';
import { LEASE_MS, type SeatModel, SESSION_MS } from './seat-model.js';

const TOKEN_MS = 600_000;
const MACHINES = 5;

/** The parts that all worlds share. */
export interface WorldOn {
  app: TestApp;
  server: Server;
  proxy: FaultProxy;
  redis: Redis;
}

/** One license in the real application, and the comparison of it with the model after every step. */
export class SeatWorld {
  readonly machines = Array.from({ length: MACHINES }, newMachine);
  private activeBefore = 0;
  private users: TestUser[];
  private signedInAt = 0;

  private constructor(
    readonly app: TestApp,
    private readonly server: Server,
    private readonly proxy: FaultProxy,
    /** Connects to Redis directly, not through the proxy. */
    readonly redis: Redis,
    readonly tenant: TestTenant,
    /** Counts what happened, so that a run that proves nothing is noticed. */
    private readonly seen: Map<string, number>,
  ) {
    this.users = [tenant.member, tenant.admin, tenant.owner];
  }

  static async create(on: WorldOn, seen: Map<string, number>): Promise<SeatWorld> {
    on.app.clock.offsetMs = 0;
    const tenant = await on.app.factory.tenant({
      seatsTotal: 3,
      leaseSeconds: LEASE_MS / 1000,
      sessionSeconds: SESSION_MS / 1000,
    });
    return new SeatWorld(on.app, on.server, on.proxy, on.redis, tenant, seen);
  }

  saw(what: string): void {
    this.seen.set(what, (this.seen.get(what) ?? 0) + 1);
  }

  /** Users 0 and 1 hold seats, and user 2 is the owner. */
  async post(user: number, route: string, body: object = {}): Promise<Answer> {
    const now = this.app.clock.now().getTime();
    if (now - this.signedInAt > TOKEN_MS) {
      this.users = await Promise.all(this.users.map((each) => this.app.factory.signIn(each)));
      this.signedInAt = now;
    }
    return call(this.server, 'POST', route, { body, accessToken: this.users[user]!.accessToken });
  }

  signInAgain(): void {
    this.signedInAt = 0;
  }

  userId(user: number): string {
    return this.users[user]!.id;
  }

  byToken(verb: 'heartbeat' | 'release', token: string): Promise<Answer> {
    return call(this.server, 'POST', `licenses/${verb}`, { body: { session_token: token } });
  }

  async setRedis(down: boolean): Promise<void> {
    this.proxy.set(down ? 'cut' : 'pass');
    await eventually(async () => {
      const readiness = (await (await fetch(`${this.server.baseUrl}/readyz`)).json()) as { redis: string };
      expect(readiness.redis).toBe(down ? 'unavailable' : 'ok');
    });
  }

  get ledgerKeys(): string[] {
    return ledgerKeys(this.tenant.id, this.tenant.license.id);
  }

  /** Sets the time of the next step. */
  begin(model: SeatModel): void {
    model.now = this.app.clock.now().getTime();
  }

  /**
   * Compares Postgres and the ledger with the model after every step. Postgres may record a session as expired only if
   * the model says that its seat was not safe any more. A session that has ended in the model must have ended in
   * Postgres. The held seats are never more than the bought ones, or, after seats were lowered, than were held at that
   * time.
   */
  async compare(model: SeatModel): Promise<void> {
    await this.app.app.get(HeartbeatWriter).flush();
    const rows = new Map((await this.rows()).map((row) => [row.id, row]));
    expect([...rows.keys()].toSorted()).toEqual(model.sessions.map(({ id }) => id).toSorted());
    for (const session of model.sessions) {
      const row = rows.get(session.id)!;
      if (session.told === undefined && row.status !== 'active') {
        expect([row.status, row.seatNo, model.isSafe(session)]).toEqual(['expired', session.seatNo, false]);
        this.saw('lapse recorded');
        session.told = 'lease_lost';
      }
      expect([session.id, row.status === 'active']).toEqual([session.id, session.told === undefined]);
    }
    const active = [...rows.values()].filter((row) => row.status === 'active');
    expect(active.length).toBeLessThanOrEqual(Math.max(model.seats, this.activeBefore));
    expect(new Set(active.map((row) => row.seatNo)).size).toBe(active.length);
    expect(new Set(active.map((row) => `${row.userId} ${row.machineId}`)).size).toBe(active.length);
    this.activeBefore = active.length;
    if (!model.redisDown) await eventually(() => this.compareLedger(active));
  }

  /** A committed holder of the ledger must have the same seat in Postgres, as soon as Redis is reachable. */
  private async compareLedger(active: LicenseSession[]): Promise<void> {
    const seats = new Map(active.map((row) => [row.id, row.seatNo]));
    const [meta, leases, sessions] = this.ledgerKeys;
    if ((await this.redis.hexists(meta!, 'epoch')) === 0) return; // not read before it is rebuilt
    const live = await this.redis.zrangebyscore(leases!, `(${this.app.clock.now().getTime()}`, '+inf');
    for (const id of live) {
      const [seat, , , confirmed] = ((await this.redis.hget(sessions!, id)) ?? '').split('|');
      if (confirmed === '1') expect([id, seats.get(id)]).toEqual([id, Number(seat)]);
    }
  }

  private rows(): Promise<LicenseSession[]> {
    const { tenantId, id } = this.tenant.license;
    return this.app.db.system.licenseSession.findMany({ where: { tenantId, licenseId: id } });
  }
}
