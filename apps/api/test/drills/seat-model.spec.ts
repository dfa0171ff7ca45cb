import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startStack, TestApp, type TestStack } from '../app.js';
import { PROOF_MS, seedOf } from '../random.js';
import { FaultProxy } from './fault-proxy.js';
import * as commands from './seat-commands.js';
import { LEASE_MS, SeatModel } from './seat-model.js';
import { SeatWorld, type WorldOn } from './seat-world.js';

/** Histories in one round. */
const RUNS = 10;
/** The most histories of one test. Every rare event happens much sooner. */
const MOST_HISTORIES = 1_000;

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

interface Proof {
  outages: boolean;
  forMs: number;
  /** Rare events. The test goes on until each of them has happened. */
  rare: string[];
}

/** Runs histories against model and application. Returns how many there were, and how often each event has happened. */
async function proveHistories({
  outages,
  forMs,
  rare,
}: Proof): Promise<{ histories: number; seen: Map<string, number> }> {
  const seen = new Map<string, number>();
  const commandsOfHistory = fc.commands(commands.seatCommands({ outages }), { maxCommands: 40, size: '+1' });
  const property = fc.asyncProperty(commandsOfHistory, async (history) => {
    proxy.set('pass');
    const world = await SeatWorld.create(on, seen);
    const model = new SeatModel();
    await fc.asyncModelRun(() => ({ model, real: world }), history);
    expect(await settle(model, world)).toBe(3);
  });
  const end = Date.now() + forMs;
  const isDone = () => Date.now() >= end && rare.every((what) => seen.has(what));
  let histories = 0;
  for (let round = 0; !isDone() && histories < MOST_HISTORIES; round += 1, histories += RUNS)
    await fc.assert(property, { numRuns: RUNS, seed: seedOf(round) });
  return { histories, seen };
}

/** Ends a history. Every holder sends a heartbeat: holders with a safe seat keep it, and the others are told that
 *  they have lost theirs. Then other machines acquire. Returns how many of the 3 seats are held then: all, because none
 *  is lost for good. */
async function settle(model: SeatModel, world: SeatWorld): Promise<number> {
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
  return model.open.filter((session) => model.isSafe(session)).length;
}

/** Histories in which model and application once disagreed. */
it.each([
  [
    'a heartbeat does not notice that the holders of the ledger were evicted',
    [
      commands.acquire(0, 0),
      commands.acquire(0, 2),
      commands.acquire(1, 0),
      commands.evict(3),
      commands.heartbeat(0),
      commands.advance(375),
      commands.acquire(0, 1),
    ],
  ],
  [
    'a rebuild prolongs a lease, seats are lowered, and its holder comes back',
    [
      commands.acquire(1, 2),
      commands.evict(0),
      commands.advance(400),
      commands.acquire(0, 0),
      commands.changeSeats(1),
      commands.acquire(1, 2),
    ],
  ],
])('given a history in which %s, then model and application agree', async (_, history) => {
  const [model, world] = [new SeatModel(), await SeatWorld.create(on, new Map())];
  for (const step of history) if (step.check(model)) await step.run(model, world);
  expect(await settle(model, world)).toBe(3);
});

it(
  'given any history of holders, operators and accidents, then model and application agree after every step',
  async () => {
    const usual = ['granted', 'denied', 'seat found again', 'beat', 'told lease_lost'];
    const rare = ['revived', 'lapse recorded', 'told license_suspended', 'told tenant_suspended', 'told user_disabled'];
    const { histories, seen } = await proveHistories({ outages: false, forMs: PROOF_MS, rare });
    expect(usual.filter((what) => (seen.get(what) ?? 0) < histories / 5)).toEqual([]);
    expect(rare.filter((what) => !seen.has(what))).toEqual([]);
  },
  PROOF_MS + 300_000,
);

it(
  'given any history with outages of Redis too, then they agree too',
  async () => {
    const { histories, seen } = await proveHistories({ outages: true, forMs: PROOF_MS / 2, rare: ['granted'] });
    expect(seen.get('granted')).toBeGreaterThan(histories / 2);
  },
  PROOF_MS + 300_000,
);
