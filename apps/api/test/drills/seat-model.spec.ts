import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startStack, TestApp, type TestStack } from '../app.js';
import { FaultProxy } from './fault-proxy.js';
import * as commands from './seat-commands.js';
import { LEASE_MS, SeatModel } from './seat-model.js';
import { SeatWorld, type WorldOn } from './seat-world.js';

/** A hundred with every run of the tests. Set SEAT_HISTORIES=5000 for a run over night. */
const HISTORIES = Number(process.env.SEAT_HISTORIES ?? 100);
const LONGEST_MS = 1_000;

let stack: TestStack;
let proxy: FaultProxy;
let app: TestApp;
let on: WorldOn;
beforeAll(async () => {
  stack = await startStack();
  proxy = await FaultProxy.before(stack.redis.url);
  app = await TestApp.start(stack, { REDIS_URL: proxy.through(stack.redis.url) });
  on = { app, proxy, server: { baseUrl: await app.app.getUrl() }, redis: new Redis(stack.redis.url) };
});
afterAll(async () => {
  on.redis.disconnect();
  await app.stop();
  await proxy.stop();
  await stack.stop();
});

/**
 * Runs histories against model and application. A failure prints its seed, its path and the shortest failing history.
 * Pass seed and path to fc.assert to repeat it.
 */
async function proveHistories(numRuns: number, outages: boolean): Promise<Map<string, number>> {
  const seen = new Map<string, number>();
  const histories = fc.commands(commands.seatCommands({ outages }), { maxCommands: 40, size: '+1' });
  const property = fc.asyncProperty(histories, async (history) => {
    proxy.set('pass');
    const world = await SeatWorld.create(on, seen);
    const model = new SeatModel();
    await fc.asyncModelRun(() => ({ model, real: world }), history);
    await settle(model, world);
  });
  await fc.assert(property, { numRuns, interruptAfterTimeLimit: HISTORIES * LONGEST_MS, markInterruptAsFailure: true });
  return seen;
}

/** Ends a history: safe holders send a heartbeat, losers are told, and no seat is lost for good. */
async function settle(model: SeatModel, world: SeatWorld): Promise<void> {
  const steps = [
    commands.setRedis(false),
    ...model.sessions.map((_, nth) => commands.heartbeat(nth)),
    commands.suspendTenant(false),
    commands.suspendLicense(false),
    commands.disableUser(0, false),
    commands.disableUser(1, false),
    commands.changeSeats(3),
    commands.advance((3 * LEASE_MS) / 1000),
    ...[0, 1, 2, 3].map((machine) => commands.acquire(0, machine)),
  ];
  for (const step of steps) if (step.check(model)) await step.run(model, world);
  expect(model.open.filter((session) => model.isSafe(session))).toHaveLength(3);
}

it(
  'given any history of holders, operators and accidents, then model and application agree after every step',
  async () => {
    const seen = await proveHistories(HISTORIES, false);
    const usual = ['granted', 'denied', 'seat found again', 'beat', 'told lease_lost'];
    const rare = ['revived', 'lapse recorded', 'told license_suspended', 'told tenant_suspended', 'told user_disabled'];
    expect(usual.filter((what) => (seen.get(what) ?? 0) < HISTORIES / 5)).toEqual([]);
    expect(rare.filter((what) => !seen.has(what))).toEqual([]);
  },
  HISTORIES * LONGEST_MS + 30_000,
);

it(
  'given any history with outages of Redis too, then they agree too',
  async () => {
    const seen = await proveHistories(Math.ceil(HISTORIES / 7), true);
    expect(seen.get('granted')).toBeGreaterThan(10);
  },
  HISTORIES * LONGEST_MS + 30_000,
);
