import type { AcquireResponse } from '@coditect/contracts/license-sessions';
import fc from 'fast-check';
import { expect } from 'vitest';
import { LicensesService } from '#modules/licenses/licenses.service';
import { HeartbeatWriter } from '#modules/licenses/sessions/heartbeat-writer';
import { SessionSweeper } from '#modules/licenses/session-ends/session-sweeper';
import { TenantsService } from '#modules/tenants/tenants.service';
import type { SeatModel } from './seat-model.js';
import type { SeatWorld } from './seat-world.js';

export type SeatCommand = fc.AsyncCommand<SeatModel, SeatWorld>;

/** One step: acts on the world, checks the response against the model, and then compares both. */
function step(
  name: string,
  possible: (model: SeatModel) => boolean,
  run: (model: SeatModel, world: SeatWorld) => Promise<unknown>,
): SeatCommand {
  return {
    check: possible,
    async run(model, world) {
      world.begin(model);
      await run(model, world);
      await world.compare(model);
    },
    toString: () => name,
  };
}
const always = () => true;

export const acquire = (user: number, machine: number) =>
  step(`user ${user} acquires on machine ${machine}`, always, async (model, world) => {
    const own = model.own(user, machine);
    const room = model.room(user, machine);
    const { status, code, body } = await world.post(user, 'licenses/acquire', { machine_id: world.machines[machine] });
    if (model.licenseSuspended) return expect(code).toBe('license_suspended');
    const unwelcome = model.tenantSuspended ? 'tenant_suspended' : model.disabled[user] ? 'user_disabled' : undefined;
    if (unwelcome) return expect([unwelcome, 'no_seats_available']).toContain(code);

    if (!model.redisDown) model.ledgerDamaged = false;
    const grant = body as AcquireResponse;
    if (own && model.isSafe(own)) {
      expect({ status, ...grant }).toMatchObject({ status: 200, session_id: own.id, session_token: own.token });
      world.saw('seat found again');
      return model.renewed(own, grant.lease_expires_at);
    }
    if (code === 'no_seats_available') {
      world.saw('denied');
      return expect(room).not.toBe('yes');
    }
    // After the loss of a ledger, the rebuild may have prolonged the lease. Then the holder comes back to a held seat.
    const isKept = status === 200 && own !== undefined && !model.isFree(own);
    if (!isKept) expect({ status, code, room }).not.toMatchObject({ room: 'no' });
    if (status === 200) {
      expect(grant).toMatchObject({ session_id: own?.id, session_token: own?.token });
      return model.renewed(own!, grant.lease_expires_at);
    }
    expect({ status, code }).toEqual({ status: 201, code: undefined });
    expect(grant.seat_no).toBeLessThanOrEqual(model.seats);
    world.saw('granted');
    return model.renewed(model.granted(user, machine, grant), grant.lease_expires_at);
  });

const some = (model: SeatModel) => model.sessions.length > 0;
const pick = (model: SeatModel, nth: number) => model.sessions.at(-1 - (nth % model.sessions.length))!;

export const heartbeat = (nth: number) =>
  step(`holder ${nth} from the last beats`, some, async (model, world) => {
    const session = pick(model, nth);
    await world.app.app.get(HeartbeatWriter).flush(); // the clock jumps past the two seconds until the write
    const { status, code, body } = await world.byToken('heartbeat', session.token);
    if (session.told) {
      world.saw(`told ${session.told}`);
      return expect(code).toBe(session.told);
    }
    const end = model.sessionEnd(session);
    if (end === 'near') return expect([200, 410]).toContain(status);
    if (end === 'reached') return expect(code).toBe('lease_lost');
    const may = model.mayBeat(session);
    if (may === 'no' || (may === 'maybe' && status !== 200)) {
      world.saw('lapsed without room');
      return expect({ status, code }).toEqual({ status: 410, code: 'lease_lost' });
    }
    expect({ status, code }).toEqual({ status: 200, code: undefined });
    world.saw(model.isSafe(session) ? 'beat' : 'revived');
    return model.renewed(session, body['lease_expires_at'] as string);
  });

export const release = (nth: number) =>
  step(`holder ${nth} from the last gives back`, some, async (model, world) => {
    const session = pick(model, nth);
    const { status, body } = await world.byToken('release', session.token);
    expect(status).toBe(200);
    if (session.told) return;
    expect(body['status']).toBe('released');
    model.end([session], 'lease_lost');
  });

export const advance = (seconds: number) =>
  step(`${seconds} s pass`, always, async (_model, world) => world.app.advance(seconds));

export const sweep = () =>
  step('the sweeper runs', always, async (model, world) => {
    await world.app.asSystem(() => world.app.app.get(SessionSweeper).sweep());
    const due = model.open.filter((session) => model.now > session.freeFrom + 35_000);
    const left = await world.app.db.system.licenseSession.count({
      where: { id: { in: due.map(({ id }) => id) }, status: 'active' },
    });
    expect(left).toBe(0);
  });

export const loseLedger = () =>
  step(
    'the ledger is lost',
    (model) => !model.redisDown,
    async (model, world) => {
      await world.redis.del(world.ledgerKeys);
      model.ledgerLost();
    },
  );

export const evict = (key: number) =>
  step(
    `ledger key ${key} is evicted`,
    (model) => !model.redisDown,
    async (model, world) => {
      await world.redis.del(world.ledgerKeys[key]!);
      model.ledgerLost(key === 0 ? 'whole' : 'part'); // the first key has the epoch
    },
  );

export const changeSeats = (seats: number) =>
  step(`${seats} seats are bought`, always, async (model, world) => {
    const { tenantId, id } = world.tenant.license;
    await world.app.asSystem(() => world.app.app.get(LicensesService).changeSeats(tenantId, id, seats));
    model.seats = seats;
  });

export const suspendLicense = (suspend: boolean) =>
  step(
    `the license is ${suspend ? 'suspended' : 'reinstated'}`,
    (model) => model.licenseSuspended !== suspend,
    async (model, world) => {
      const { tenantId, id } = world.tenant.license;
      const status = suspend ? 'suspended' : 'active';
      await world.app.asSystem(() => world.app.app.get(LicensesService).changeStatus(tenantId, id, status));
      model.licenseSuspended = suspend;
      if (suspend) model.end(model.open, 'license_suspended');
    },
  );

export const suspendTenant = (suspend: boolean) =>
  step(
    `the tenant is ${suspend ? 'suspended' : 'reinstated'}`,
    (model) => model.tenantSuspended !== suspend,
    async (model, world) => {
      const status = suspend ? 'suspended' : 'active';
      await world.app.asSystem(() => world.app.app.get(TenantsService).changeStatus(world.tenant.id, status));
      model.tenantSuspended = suspend;
      if (suspend) model.end(model.open, 'tenant_suspended');
    },
  );

export const disableUser = (user: number, disable: boolean) =>
  step(
    `user ${user} is ${disable ? 'disabled' : 'enabled'}`,
    // A suspended organization cannot change its team.
    (model) => model.disabled[user] !== disable && !model.tenantSuspended,
    async (model, world) => {
      const route = `users/${world.userId(user)}/${disable ? 'disable' : 'enable'}`;
      expect((await world.post(2, route)).status).toBe(200);
      model.disabled[user] = disable;
      if (disable)
        model.end(
          model.open.filter((session) => session.user === user),
          'user_disabled',
        );
      else world.signInAgain(); // its logins have ended
    },
  );

export const setRedis = (down: boolean) =>
  step(
    down ? 'Redis goes down' : 'Redis is back',
    (model) => model.redisDown !== down,
    async (model, world) => {
      await world.setRedis(down);
      model.redisDown = down;
      // The ledger counts as lost: Redis may never have had it, or missed changes while it was down.
      model.ledgerLost(model.ledgerDamaged ? 'part' : 'whole');
    },
  );

/** The steps of a history. The first few are much more frequent than those of operators and accidents. */
export function seatCommands({ outages }: { outages: boolean }): fc.Arbitrary<SeatCommand>[] {
  const user = fc.nat({ max: 1 });
  const machine = fc.nat({ max: 2 });
  const nth = fc.nat({ max: 5 });
  const acquires = fc.tuple(user, machine).map(([u, m]) => acquire(u, m));
  const beats = nth.map(heartbeat);
  const time = fc.constantFrom(20, 130, 200, 345, 375, 800).map(advance);
  const accidents = fc.oneof(fc.constant(loseLedger()), fc.nat({ max: 5 }).map(evict), fc.constant(sweep()));
  const operations = fc.oneof(
    fc.integer({ min: 1, max: 4 }).map(changeSeats),
    fc.boolean().map(suspendLicense),
    fc.boolean().map(suspendTenant),
    fc.tuple(user, fc.boolean()).map(([u, disable]) => disableUser(u, disable)),
  );
  const usual = [acquires, acquires, acquires, beats, beats, nth.map(release), time, time, accidents, operations];
  return outages ? [...usual, fc.boolean().map(setRedis)] : usual;
}
